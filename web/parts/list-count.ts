import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import { Paged } from '../paged.ts'
import type { Rows } from './rows.ts'

/** How many rows a list has that is drawn elsewhere, as far as it has been read: `100+` where it goes on. */
class ListCount extends PageElement {
  static override properties = { list: {} }
  declare list: Pick<Rows<never>, 'asked' | 'key'>
  readonly #paged = new Paged(this, () => this.list)

  override render() {
    const list = this.#paged.list
    if (!list || list.isLoading || list.error) return nothing
    const { count, hasMore } = list
    return html`<span class="count">${count}${hasMore ? '+' : nothing}</span>`
  }
}

export const listCount = <T>(list: Pick<Rows<T>, 'asked' | 'key'>) =>
  html`<sy-list-count .list=${list}></sy-list-count>`

customElements.define('sy-list-count', ListCount)
