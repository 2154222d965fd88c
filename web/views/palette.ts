import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { Find } from '../finds.ts'
import { farFinds, nearFinds } from '../finds.ts'
import type { ListedTool } from '../mcp.ts'
import { listTools } from '../mcp.ts'
import { pages } from '../pages.ts'
import '../parts/call.ts'
import { remember } from '../recent.ts'
import './palette.css'

/** Keeps each letter from being a search of its own. */
const typingMs = 120

/** Everything by name: pages, tasks, changes, notes, and every tool with its form. */
class Palette extends PageElement {
  static override properties = {
    text: { state: true },
    at: { state: true },
    far: { state: true },
    tools: { state: true },
    tool: { state: true },
    isSearching: { state: true },
  }
  declare text: string
  declare at: number
  declare far: Find[]
  declare tools: ListedTool[]
  declare tool: ListedTool | undefined
  declare isSearching: boolean
  #listed: Promise<ListedTool[]> = Promise.resolve([])
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor() {
    super()
    this.#reset()
    this.tools = []
    // Whoever goes elsewhere meanwhile has found what was looked for.
    addEventListener('hashchange', () => this.querySelector('dialog')?.close())
  }

  /** Opens it above whatever is shown, with what was typed while it was loaded. */
  async open(typed: () => string): Promise<void> {
    await this.updateComplete
    if (this.#dialog.open) return this.#dialog.close()
    this.#reset()
    this.#listed = listTools().catch(() => []) // Without tools, what is on the page is offered.
    await this.updateComplete
    this.#dialog.showModal()
    this.querySelector('input')?.focus()
    const text = typed()
    if (text !== '') this.#find(text)
    this.tools = await this.#listed
  }

  override render() {
    return html`<dialog
      class="palette"
      aria-label="Find anything"
      @click=${this.#outside}
      @close=${this.#letGo}
    >
      ${this.tool ? html`<sy-call .tool=${this.tool} @back=${() => (this.tool = undefined)}></sy-call>` : this.#list()}
    </dialog>`
  }

  #list() {
    const finds = this.#finds()
    const at = Math.min(this.at, finds.length - 1)
    return html`<input
        type="text"
        role="combobox"
        aria-label="Find a page, a thing or a tool"
        aria-expanded="true"
        aria-controls="palette-finds"
        aria-activedescendant=${finds.length > 0 ? `find-${at}` : nothing}
        placeholder="Find a page, a task, a note, a tool…"
        autocomplete="off"
        spellcheck="false"
        .value=${this.text}
        @input=${this.#type}
        @keydown=${(event: KeyboardEvent) => this.#key(event, finds, at)}
      />
      <ul id="palette-finds" role="listbox" aria-label="Found">
        ${finds.map(
          (find, index) =>
            html`<li
              id="find-${index}"
              role="option"
              aria-selected=${index === at ? 'true' : 'false'}
              @click=${() => this.#choose(find)}
              @pointermove=${() => (this.at = index)}
            >
              <span class="kind">${find.kind}</span> <span>${find.title}</span>
              ${find.more ? html`<small>${find.more}</small>` : nothing}
            </li>`,
        )}
      </ul>
      ${finds.length === 0 && !this.isSearching ? html`<p class="empty">Nothing is called that.</p>` : nothing}`
  }

  #finds(): Find[] {
    const far = this.text === '' ? [] : this.far
    const near = nearFinds(this.text, pages, this.tools)
    const isTool = ({ kind }: Find) => kind === 'Tool'
    return [...near.filter((find) => !isTool(find)), ...far, ...near.filter(isTool)]
  }

  #key(event: KeyboardEvent, finds: Find[], at: number): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && finds.length > 0) {
      event.preventDefault()
      this.at = (at + step + finds.length) % finds.length
      void this.updateComplete.then(() =>
        this.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }),
      )
    }
    const find = finds[at]
    if (event.key !== 'Enter' || !find) return
    event.preventDefault()
    this.#choose(find)
  }

  #choose({ title, hash, tool, run }: Find): void {
    if (tool) {
      this.tool = tool
      return
    }
    this.#dialog.close()
    if (hash !== undefined) {
      remember({ title, hash })
      location.hash = hash
    }
    run?.()
  }

  readonly #type = (event: Event): void => this.#find((event.target as HTMLInputElement).value) // The listener sits on it.

  #find(text: string): void {
    this.text = text
    this.at = 0
    clearTimeout(this.#typing)
    const asked = this.text.trim()
    this.isSearching = asked !== ''
    if (this.isSearching) this.#typing = setTimeout(() => void this.#search(asked), typingMs)
  }

  async #search(asked: string): Promise<void> {
    const found = await farFinds(asked, await this.#listed)
    if (this.text.trim() !== asked) return // An answer to older words comes too late.
    this.far = found
    this.isSearching = false
  }

  readonly #outside = (event: Event): void => {
    if (event.target === this.#dialog) this.#dialog.close()
  }

  /** What had the focus inside is not seen any more, and keys are for the page again. */
  readonly #letGo = (): void => {
    const { activeElement } = document
    if (activeElement instanceof HTMLElement && this.contains(activeElement)) activeElement.blur()
  }

  #reset(): void {
    this.text = ''
    this.at = 0
    this.far = []
    this.tool = undefined
    this.isSearching = false
  }

  get #dialog(): HTMLDialogElement {
    return this.querySelector('dialog')! // Rendered above.
  }
}

customElements.define('sy-palette', Palette)
