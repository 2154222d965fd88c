import { html, nothing } from 'lit'
import type { OpenPage } from '../../schemas/chat-part.ts'
import { Along } from './along.ts'
import { keepDraft, readDraft } from './drafts.ts'
import { fitField } from './fit-field.ts'
import { type Say, newKey } from './requests.ts'
import type { Suggestion } from './suggest.ts'
import { PageElement } from '../element.ts'
import { loadPart } from '../load-part.ts'
import type { ListedTool } from '../mcp.ts'
import { alongChips } from './along-chips.ts'
import type { ArtifactPicker } from './artifact-picker.ts'
import { toSent } from './attachments.ts'
import './composer.css'
import './mention.ts'
import type { Suggestions } from './mention.ts'

export type Composed = Pick<Say, 'message' | 'key' | 'page' | 'mode'>
type Mode = 'queue' | 'steer'

/** The field in which a person says something: text, things named by `@`, tools by `/`, files, the open page. */
class Composer extends PageElement {
  static override properties = {
    draft: {},
    page: { attribute: false },
    isAnswering: { type: Boolean },
    isStopping: { type: Boolean },
    isOffline: { type: Boolean },
    tools: { attribute: false },
    command: { state: true },
    isSending: { state: true },
  }
  /** What a text that was not sent is kept under. */
  declare draft: string
  declare page: OpenPage | undefined
  declare isAnswering: boolean
  declare isStopping: boolean
  declare isOffline: boolean
  /** What else stands below the field, such as the model. */
  declare tools: unknown
  declare command: ListedTool | undefined
  declare isSending: boolean
  /** Sends; false where it was not taken. */
  send: (composed: Composed) => Promise<boolean> = () => Promise.resolve(false)
  stop: () => void = () => undefined
  close: () => void = () => undefined
  editLast: () => void = () => undefined
  readonly #along = new Along(() => this.requestUpdate())
  #key = newKey()

  get text(): string {
    return this.#field?.value ?? ''
  }

  /** Puts a text into the field, in front of what stands there. */
  put(text: string): void {
    const field = this.#field
    if (!field) return
    field.value = [text, field.value].filter(Boolean).join('\n')
    field.focus()
    this.#typed()
  }

  focusField(): void {
    this.#field?.focus()
  }

  get #field(): HTMLTextAreaElement | null {
    return this.querySelector('textarea.said')
  }

  get #suggestions(): Suggestions {
    return this.querySelector<Suggestions>('sy-suggestions')! // Rendered below.
  }

  protected override willUpdate(): void {
    this.#along.offer(this.page)
  }

  protected override firstUpdated(): void {
    this.#suggestions.pick = this.#picked
  }

  protected override updated(changed: Map<string, unknown>): void {
    const field = this.#field
    if (!changed.has('draft') || !field) return
    field.value = readDraft(this.draft)
    this.#typed()
  }

  override render() {
    const active = this.hasUpdated ? this.#suggestions.active : undefined
    return html`${this.command ? this.#commandView(this.command) : nothing}
      <form
        class="composer"
        ?data-answering=${this.isAnswering}
        ?hidden=${this.command !== undefined}
        @submit=${this.#submit}
        @dragover=${(event: Event) => event.preventDefault()}
        @drop=${this.#drop}
      >
        <sy-suggestions @change=${() => this.requestUpdate()}></sy-suggestions>
        ${alongChips(this.#along)}
        ${this.#along.problems.map((text) => html`<p class="problem" role="alert">${text}</p>`)}
        <textarea
          class="said"
          rows="1"
          aria-label="Message"
          aria-describedby="composer-keys"
          aria-autocomplete="list"
          aria-controls=${active === undefined ? nothing : 'suggestions'}
          aria-activedescendant=${active ?? nothing}
          placeholder=${this.isAnswering ? 'Say something to the running answer' : 'Ask, or say what should be done'}
          maxlength="100000"
          @input=${this.#typed}
          @keydown=${this.#keydown}
          @paste=${this.#paste}
          @blur=${() => this.#suggestions.close()}
        ></textarea>
        <span class="visually-hidden" id="composer-keys"
          >${this.isAnswering ? 'Enter queues it, Control Enter puts it into the running answer, Escape stops.' : 'Enter sends, Shift Enter makes a line, @ names a thing, / runs a tool.'}</span
        >
        <div class="below">
          <label class="attach" title="Attach pictures and text files"
            ><span aria-hidden="true">+</span
            ><input type="file" multiple aria-label="Attach files" @change=${this.#chosen}
          /></label>
          <button type="button" class="quiet" @click=${this.#pickArtifact}>Artifact</button>
          ${this.tools}<span class="room"></span>${this.#buttons()}
        </div>
      </form>
      <sy-artifact-picker></sy-artifact-picker>`
  }

  #buttons() {
    if (!this.isAnswering)
      return html`<button class="primary" ?disabled=${this.isOffline || this.isSending}>
        Send
      </button>`
    return html`<button type="button" ?disabled=${this.isStopping} @click=${() => this.stop()}>
        ${this.isStopping ? 'Stopping…' : 'Stop'}
      </button>
      <button value="steer" title="Goes into the running answer at its next step">Steer</button>
      <button class="primary" title="Comes after the running answer">Queue</button>`
  }

  #commandView(tool: ListedTool) {
    const close = () => {
      this.command = undefined
      void this.updateComplete.then(() => this.focusField())
    }
    const run = (text: string) => {
      close()
      void this.#say(text)
    }
    return html`<sy-tool-command .tool=${tool} .run=${run} .cancel=${close}></sy-tool-command>`
  }

  readonly #typed = (): void => {
    const field = this.#field
    if (!field) return
    keepDraft(this.draft, field.value)
    fitField(field)
    void this.#suggestions.typed(field.value, field.selectionStart)
  }

  readonly #picked = (chosen: Suggestion, from: number): void => {
    const field = this.#field
    if (!field) return
    const isTool = chosen.kind === 'tool'
    field.setRangeText(isTool ? '' : `@${chosen.label} `, from, field.selectionStart, 'end')
    if (isTool) void this.#openForm(chosen.tool)
    else this.#along.mention(chosen.mention)
    keepDraft(this.draft, field.value)
  }

  /** What makes forms is loaded with the first one. */
  async #openForm(tool: ListedTool): Promise<void> {
    await loadPart(() => import('./tool-command.ts'))
    this.command = tool
  }

  readonly #keydown = (event: KeyboardEvent): void => {
    if (event.isComposing || this.#suggestions.key(event)) return
    if (event.key === 'Enter' && !event.shiftKey)
      void this.#say(this.text, event.ctrlKey || event.metaKey ? 'steer' : 'queue')
    else if (event.key === 'Escape') (this.isAnswering ? this.stop : this.close)()
    else if (event.key === 'ArrowUp' && this.text === '') this.editLast()
    else return
    event.preventDefault()
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const value = event.submitter?.getAttribute('value')
    void this.#say(this.text, value === 'steer' ? 'steer' : 'queue')
  }

  async #say(written: string, mode: Mode = 'queue'): Promise<void> {
    const text = written.trim()
    if (this.isOffline || this.isSending || (text === '' && this.#along.isEmpty)) return
    this.isSending = true
    await this.#along.ready
    if (text === '' && this.#along.isEmpty) return void (this.isSending = false) // All was refused.
    const { page } = this.#along
    const { files, mentions } = this.#along.take(text)
    // The field is free at once; what was not taken comes back to it.
    const field = this.#field
    if (field?.value === written) field.value = ''
    this.#typed()
    const message = { text, attachments: files.map(toSent), mentions }
    const isTaken = await this.send({ message, key: this.#key, mode, ...(page ? { page } : {}) })
    this.isSending = false
    if (isTaken) return void (this.#key = newKey())
    this.#along.putBack({ files, mentions })
    this.put(written)
  }

  readonly #chosen = (event: Event): void => {
    const input = event.target as HTMLInputElement // The listener sits on it.
    void this.#along.attach([...(input.files ?? [])]).then(() => this.focusField())
    input.value = ''
  }

  /** The list is loaded when it is opened first. */
  readonly #pickArtifact = async (): Promise<void> => {
    await loadPart(() => import('./artifact-picker.ts'))
    const picker = this.querySelector<ArtifactPicker>('sy-artifact-picker')! // Rendered above.
    picker.pick = ({ id, name }) => {
      this.#along.add({ kind: 'artifact', name, artifact: id })
      this.focusField()
    }
    await picker.open()
  }

  readonly #drop = (event: DragEvent): void => {
    event.preventDefault()
    void this.#along.attach(event.dataTransfer?.files ?? [])
  }

  readonly #paste = (event: ClipboardEvent): void => {
    const files = event.clipboardData?.files
    if (!files || files.length === 0) return
    event.preventDefault()
    void this.#along.attach(files)
  }
}

export type { Composer }
customElements.define('sy-composer', Composer)
