import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'

/** A line that opens to what it stands for, which is asked of the hub only then. */
export const foldable = (summary: unknown, content: () => unknown) =>
  html`<sy-foldable .summary=${summary} .content=${content}></sy-foldable>`

class Foldable extends PageElement {
  static override properties = { summary: {}, content: {}, isOpen: { state: true } }
  declare summary: unknown
  declare content: () => unknown
  declare isOpen: boolean

  override render() {
    return html`<details @toggle=${this.#toggle}>
      <summary>${this.summary}</summary>
      ${this.isOpen ? this.content() : nothing}
    </details>`
  }

  readonly #toggle = (event: Event): void => {
    this.isOpen = (event.currentTarget as HTMLDetailsElement).open // The listener sits on it.
  }
}

customElements.define('sy-foldable', Foldable)
