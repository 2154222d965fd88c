import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { Suggestion } from './suggest.ts'
import { suggestMentions, suggestTools } from './suggest.ts'

/** What is being typed that can be completed: `/` at the start names a tool, `@` a thing of the hub. */
type Typed = { kind: 'tool' | 'mention'; text: string; from: number }

/**
 * The list of completions over a field. The field keeps the focus; this list is told about its text
 * and its keys, and says by `pick` what was chosen, and which part of the text it stands for.
 */
class Suggestions extends PageElement {
  static override properties = {
    found: { state: true },
    at: { state: true },
    isBusy: { state: true },
  }
  declare found: Suggestion[]
  declare at: number
  declare isBusy: boolean
  pick: (chosen: Suggestion, from: number) => void = () => undefined
  #typed: Typed | undefined
  #asked = 0

  constructor() {
    super()
    this.found = []
    this.at = 0
    this.isBusy = false
  }

  get isOpen(): boolean {
    return this.#typed !== undefined && this.found.length > 0
  }

  /** The id of the option that is chosen now, for the field's `aria-activedescendant`. */
  get active(): string | undefined {
    return this.isOpen ? `suggestion-${this.at}` : undefined
  }

  /** Looks at what stands before the caret. */
  async typed(text: string, caret: number): Promise<void> {
    const typed = typedIn(text.slice(0, caret))
    if (typed?.kind === this.#typed?.kind && typed?.text === this.#typed?.text) return
    this.#typed = typed
    const asked = ++this.#asked
    if (!typed) return this.close()
    this.isBusy = true
    const found = await (
      typed.kind === 'tool' ? suggestTools(typed.text) : suggestMentions(typed.text)
    ).catch(() => []) // The hub does not answer, which the page says; there is nothing to complete.
    if (asked !== this.#asked) return
    this.found = found
    this.at = 0
    this.isBusy = false
    this.dispatchEvent(new Event('change'))
  }

  close(): void {
    this.#typed = undefined
    this.#asked++
    this.found = []
    this.isBusy = false
    this.dispatchEvent(new Event('change'))
  }

  /** Takes the keys that walk the list. True: the key was meant for it. */
  key(event: KeyboardEvent): boolean {
    if (!this.isOpen || (event.key === 'Enter' && this.#isWhole())) return false
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }
    const move = moves[event.key]
    if (move !== undefined) {
      this.at = (this.at + move + this.found.length) % this.found.length
      this.dispatchEvent(new Event('change'))
    } else if (event.key === 'Enter' || event.key === 'Tab') this.#choose(this.at)
    else if (event.key === 'Escape') this.close()
    else return false
    event.preventDefault()
    return true
  }

  override render() {
    if (!this.isOpen) return nothing
    return html`<ul class="suggestions" role="listbox" id="suggestions" aria-label="Suggestions">
      ${this.found.map(
        ({ label, detail }, at) =>
          html`<li
            role="option"
            id="suggestion-${at}"
            aria-selected=${at === this.at}
            @pointerdown=${(event: Event) => {
              event.preventDefault() // The field keeps the focus.
              this.#choose(at)
            }}
          >
            <span>${label}</span> <small>${detail}</small>
          </li>`,
      )}
    </ul>`
  }

  protected override updated(): void {
    this.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }

  /** Whether a tool was named in full that needs no arguments: Enter runs it, Tab opens its form. */
  #isWhole(): boolean {
    const chosen = this.found[this.at]
    if (chosen?.kind !== 'tool' || chosen.tool.name !== this.#typed?.text) return false
    return (chosen.tool.inputSchema.required ?? []).length === 0
  }

  #choose(at: number): void {
    const chosen = this.found[at]
    const from = this.#typed?.from
    this.close()
    if (chosen && from !== undefined) this.pick(chosen, from)
  }
}

function typedIn(before: string): Typed | undefined {
  const tool = /^\/(\w{0,60})$/.exec(before)
  if (tool) return { kind: 'tool', text: tool[1] ?? '', from: 0 }
  const mention = /(?:^|\s)@([^\s@]{0,60})$/.exec(before)
  if (!mention) return undefined
  const text = mention[1] ?? ''
  return { kind: 'mention', text, from: before.length - text.length - 1 }
}

export type { Suggestions }
customElements.define('sy-suggestions', Suggestions)
