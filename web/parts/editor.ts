import { html, nothing } from 'lit'
import type { PropertyValues } from 'lit'
import { PageElement } from '../element.ts'
import { ago } from '../format.ts'
import { ToolError } from '../mcp.ts'
import { diffView } from './diff-view.ts'
import { draftOf, dropDraft, keepDraft } from './drafts.ts'
import './editor.css'
import { problem } from './problem.ts'

/** A text as it is kept somewhere, and which version of it that is. */
export type Version = { text: string; etag: string }

/** What an editor writes to. */
export type EditedText = {
  /** Under which its draft is kept; the same for the same text. */
  key: string
  label: string
  /** The latest version, read from where it is kept. */
  read(): Promise<Version>
  /** Writes over a version; refused with `conflict` when it is no longer the latest. */
  write(text: string, etag: string): Promise<unknown>
  /** What writing would change, as a diff. */
  compare(text: string, etag: string): Promise<string>
}

/**
 * A plain field for Markdown. What is typed is kept in this browser until it is saved. When the text
 * was changed meanwhile, both versions are shown and the person says which holds. Tells `close`.
 */
class Editor extends PageElement {
  static override properties = {
    edited: { attribute: false },
    start: { attribute: false },
    latest: {},
    base: { state: true },
    value: { state: true },
    theirs: { state: true },
    diff: { state: true },
    error: { state: true },
    busy: { state: true },
    notice: { state: true },
  }
  declare edited: EditedText
  declare start: Version
  /** Version that is known to be the latest, as events tell it. */
  declare latest: string | undefined
  declare base: Version
  declare value: string
  declare theirs: Version | undefined
  declare diff: string | undefined
  declare error: ToolError | undefined
  declare busy: boolean
  declare notice: string | undefined
  /** Version that the text was begun from: a draft is compared with it, whatever was read since. */
  #begunFrom = ''

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('edited') || this.edited.key === changed.get('edited')?.key) return
    const draft = draftOf(this.edited.key)
    this.base = draft ? { text: this.start.text, etag: draft.etag } : this.start
    this.#begunFrom = this.base.etag
    this.value = draft?.text ?? this.start.text
    this.theirs = undefined
    this.notice = draft
      ? `Goes on with what you wrote ${ago(draft.at)} and did not save.`
      : undefined
  }

  protected override firstUpdated(): void {
    const field = this.querySelector<HTMLTextAreaElement>('textarea.mine')
    field?.setSelectionRange(0, 0)
    field?.focus()
  }

  override render() {
    const isStale = this.latest !== undefined && this.latest !== this.base.etag && !this.theirs
    return html`<form class="editor" @submit=${this.#submit} @keydown=${this.#keys}>
      ${this.notice ? html`<p class="line" role="status">${this.notice} <button type="button" class="quiet" @click=${this.#discard}>Discard it</button></p>` : nothing}
      ${isStale ? html`<p class="line warn" role="status">It was changed elsewhere since. Saving shows both versions.</p>` : nothing}
      ${this.theirs ? this.#conflict(this.theirs) : nothing}
      <label>
        <span class=${this.theirs ? '' : 'visually-hidden'}
          >${this.theirs ? 'Yours' : this.edited.label}</span
        >
        <textarea
          class="mine"
          spellcheck="true"
          .value=${this.value}
          @input=${this.#typed}
        ></textarea>
      </label>
      ${problem(this.error)}
      ${this.diff === undefined ? nothing : this.diff === '' ? html`<p class="line" role="status">Nothing would change.</p>` : diffView(this.diff)}
      <div class="actions">
        <button type="button" ?disabled=${this.busy} @click=${this.#close}>Close</button>
        <button type="button" ?disabled=${this.busy} @click=${this.#compare}>Show changes</button>
        <button class="primary" ?disabled=${this.busy}>
          ${this.theirs ? 'Save mine over theirs' : 'Save'}
        </button>
      </div>
    </form>`
  }

  #conflict(theirs: Version) {
    return html`<p class="problem" role="alert">
        It was changed elsewhere while you wrote. Nothing was saved, and nothing is lost: take over
        what you need from below into your text, then save.
      </p>
      <label><span>There now</span><textarea readonly .value=${theirs.text}></textarea></label>
      <div class="actions">
        <button type="button" @click=${() => this.#take(theirs)}>Put theirs into my text</button>
      </div>`
  }

  readonly #typed = (event: InputEvent): void => {
    this.value = (event.target as HTMLTextAreaElement).value // The listener sits on it.
    this.diff = undefined
    this.notice = keepDraft(this.edited.key, this.value, this.#begunFrom)
      ? undefined
      : 'This browser has no room to keep what you write: save it before you leave.'
  }

  readonly #keys = (event: KeyboardEvent): void => {
    if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void this.#save()
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    void this.#save()
  }

  #save(): Promise<void> {
    return this.#attempt(async () => {
      await this.edited.write(this.value, this.base.etag)
      dropDraft(this.edited.key)
      this.#tellClosed()
    })
  }

  readonly #compare = (): Promise<void> =>
    this.#attempt(async () => {
      this.diff = await this.edited.compare(this.value, this.base.etag)
    })

  /** Tries; what was changed meanwhile is read, and what is saved next is written over that version. */
  async #attempt(action: () => Promise<void>): Promise<void> {
    if (this.busy) return
    this.busy = true
    this.error = undefined
    try {
      await action()
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      if (error.body.code === 'conflict') await this.#readTheirs()
      else this.error = error
    } finally {
      this.busy = false
    }
  }

  async #readTheirs(): Promise<void> {
    try {
      this.theirs = await this.edited.read()
      this.base = this.theirs
      this.diff = await this.edited.compare(this.value, this.base.etag)
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      this.error = error
    }
  }

  #take({ text }: Version): void {
    this.value = `${this.value.trimEnd()}\n\n${text}`
    keepDraft(this.edited.key, this.value, this.#begunFrom)
    this.diff = undefined
  }

  readonly #discard = (): void => {
    dropDraft(this.edited.key)
    this.base = this.start
    this.#begunFrom = this.start.etag
    this.value = this.start.text
    this.notice = undefined
  }

  /** What was not saved stays as a draft. */
  readonly #close = (): void => {
    if (this.value === this.start.text) dropDraft(this.edited.key)
    this.#tellClosed()
  }

  #tellClosed(): void {
    this.dispatchEvent(new CustomEvent('close'))
  }
}

customElements.define('sy-editor', Editor)
