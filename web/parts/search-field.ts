import { html } from 'lit'
import { PageElement } from '../element.ts'
import { takeKeys } from '../keys.ts'

const settleMs = 250

/** The field that a page is searched by; `/` leads to it. Tells `find` when typing pauses, and at Enter. */
class SearchField extends PageElement {
  static override properties = { value: {}, label: {}, placeholder: {} }
  declare value: string
  declare label: string
  declare placeholder: string | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #told = ''

  constructor() {
    super()
    takeKeys(this, [{ key: '/', title: 'Search here', run: () => this.#input?.select() }])
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.#timer)
  }

  override render() {
    return html`<form role="search" @submit=${this.#submit}>
      <input
        type="search"
        aria-label=${this.label}
        placeholder=${this.placeholder ?? ''}
        autocomplete="off"
        maxlength="4000"
        @input=${this.#typed}
        @keydown=${this.#leave}
      />
    </form>`
  }

  /** What stands in the address holds, but never while somebody types. */
  protected override updated(): void {
    const input = this.#input
    if (!input || input.value.trim() === this.value || this.value === this.#told) return
    this.#told = this.value
    input.value = this.value
  }

  get #input(): HTMLInputElement | null {
    return this.querySelector('input')
  }

  readonly #typed = (): void => {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tell(), settleMs)
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    this.#tell()
  }

  readonly #leave = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.#input?.value === '') this.#input.blur()
  }

  #tell(): void {
    clearTimeout(this.#timer)
    const value = this.#input?.value.trim() ?? ''
    if (value === this.value) return
    this.#told = value
    this.dispatchEvent(new CustomEvent<string>('find', { detail: value }))
  }
}

customElements.define('sy-search-field', SearchField)
