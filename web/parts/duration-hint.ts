import { html } from 'lit'
import { PageElement } from '../element.ts'
import { span } from './milliseconds.ts'

const exampleMs = 60_000

/** Below a field of milliseconds: its unit, and how long that is what is typed, or would be taken. */
class DurationHint extends PageElement {
  #form: HTMLFormElement | null = null

  override connectedCallback(): void {
    super.connectedCallback()
    this.#form = this.closest('form')
    this.#form?.addEventListener('input', this.#look)
    this.#form?.addEventListener('reset', this.#lookLater)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#form?.removeEventListener('input', this.#look)
    this.#form?.removeEventListener('reset', this.#lookLater)
  }

  override render() {
    const { value = '', placeholder = '' } = this.closest('.field')?.querySelector('input') ?? {}
    const ms = Number(value || placeholder || exampleMs)
    return html`milliseconds; ${Number.isFinite(ms) ? `${ms} is ${span(ms)}` : 'a number'}`
  }

  readonly #look = (): void => this.requestUpdate()
  /** A form tells of its reset before it is done. */
  readonly #lookLater = (): void => void setTimeout(this.#look)
}

customElements.define('sy-duration-hint', DurationHint)
