import { html } from 'lit'
import { PageElement } from '../element.ts'
import { takeKeys } from '../keys.ts'
import { setParam } from '../route.ts'

export type Choice = { name: string; title: string; options: { value: string; title: string }[] }

/** Keeps the last letters from being an address of their own each. */
const typingMs = 250

/**
 * A line of filters whose state is in the address: words, and what can be chosen. `/` goes to the words.
 */
class Filters extends PageElement {
  static override properties = { params: {}, choices: {}, label: {} }
  declare params: URLSearchParams
  declare choices: Choice[]
  declare label: string
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    takeKeys(this, [
      { key: '/', title: 'Filter', run: () => this.querySelector('input')?.select() },
    ])
  }

  override render() {
    return html`<search class="filters">
      <input
        type="search"
        name="text"
        placeholder="Filter"
        aria-label=${this.label}
        autocomplete="off"
        spellcheck="false"
        maxlength="200"
        .value=${this.params.get('text') ?? ''}
        @input=${this.#type}
        @keydown=${leave}
      />
      ${this.choices.map(
        ({ name, title, options }) =>
          html`<select
            aria-label=${title}
            @change=${(event: Event) => setParam(name, (event.target as HTMLSelectElement).value)}
          >
            <option value="">${title}</option>
            ${options.map(
              (option) =>
                html`<option
                  value=${option.value}
                  ?selected=${this.params.get(name) === option.value}
                >
                  ${option.title}
                </option>`,
            )}
          </select>`,
      )}
    </search>`
  }

  readonly #type = (event: Event): void => {
    const { value } = event.target as HTMLInputElement // The listener sits on it.
    clearTimeout(this.#typing)
    this.#typing = setTimeout(() => setParam('text', value.trim()), typingMs)
  }
}

const leave = (event: KeyboardEvent): void => {
  if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur()
}

customElements.define('sy-filters', Filters)
