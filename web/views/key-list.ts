import { html } from 'lit'
import { PageElement } from '../element.ts'
import type { Key } from '../keys.ts'
import { keyName, keysNow } from '../keys.ts'

/** The keys that work on the page as it is now. */
class KeyList extends PageElement {
  static override properties = { keys: { state: true } }
  declare keys: Key[]

  constructor() {
    super()
    this.keys = []
  }

  async open(): Promise<void> {
    this.keys = keysNow()
    await this.updateComplete
    this.querySelector('dialog')?.showModal()
  }

  override render() {
    return html`<dialog aria-labelledby="keys-title" class="keys">
      <h2 id="keys-title">Keys</h2>
      <dl class="fields">
        ${this.keys.map(
          ({ key, title }) =>
            html`<dt><kbd>${keyName(key)}</kbd></dt>
              <dd>${title}</dd>`,
        )}
      </dl>
      <form method="dialog" class="actions"><button class="primary">Close</button></form>
    </dialog>`
  }
}

customElements.define('sy-key-list', KeyList)
