import { html, nothing } from 'lit'
import type { PropertyValues } from 'lit'
import { PageElement } from '../element.ts'
import { callTool } from '../mcp.ts'
import { changed } from '../parts/chips.ts'
import '../parts/daily-note.ts'
import '../parts/editor.ts'
import type { EditedText, Version } from '../parts/editor.ts'
import { folderOf, nameOf } from '../parts/note.ts'
import { noteAside } from '../parts/note-aside.ts'
import type { Meta } from '../parts/note-aside.ts'
import { menu } from '../parts/menu.ts'
import '../parts/note-delete.ts'
import '../parts/note-move.ts'
import { editable, splitFront } from '../parts/note-parts.ts'
import type { BoxTask } from '../parts/note-text.ts'
import '../parts/note-text.ts'
import { problem } from '../parts/problem.ts'
import { since } from '../parts/time.ts'
import { reveal } from '../parts/reveal.ts'
import { skeleton } from '../parts/skeleton.ts'
import { Query } from '../query.ts'
import { go, href } from '../route.ts'

type Read = {
  path: string
  etag: string
  modifiedAt: number
  text: string
  truncated: boolean
  totalChars: number
}
type NoteMap = { map: { headings: string[]; tasks: string[]; lines: number } }

/** The most that one answer brings, and so the longest note that can be edited as a whole here. */
const mostChars = 100_000

/** One note: its text as it reads, what it is connected with, and changing it in place. */
class NotePage extends PageElement {
  static override properties = { vault: {}, path: {}, writable: { attribute: false }, params: {} }
  declare vault: string
  declare path: string
  declare writable: string[]
  declare params: URLSearchParams
  readonly #read = new Query<Read>(this, () => this.#ask({ max_chars: mostChars }))
  readonly #meta = new Query<{ meta: Meta }>(this, () => this.#ask({ format: 'meta' }))
  readonly #map = new Query<NoteMap>(this, () => this.#ask({ format: 'map' }))
  readonly #me = new Query<{ scopes: string[] }>(this, () => ({ tool: 'whoami' }))
  #revealed = ''

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('focus', this.#look)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    removeEventListener('focus', this.#look)
  }

  override render() {
    const { value, error } = this.#read
    if (!value) return error ? this.#missing(error.body.code) : skeleton(12)
    const back = href(
      'notes',
      undefined,
      this.#state({ edit: undefined, move: undefined, delete: undefined }),
    )
    const isWritable = this.#isWritable(value.path)
    const isEdited = isWritable && this.params.has('edit')
    return html`<article class="note" aria-label=${nameOf(value.path)}>
      <header>
        <a class="back" href=${back}>All notes</a>
        <div class="head">
          <h2 class="title">${nameOf(value.path)}</h2>
          ${isWritable && !isEdited ? this.#actions(value) : nothing}
        </div>
        <p class="line">
          ${folderOf(value.path) ? html`<span>${folderOf(value.path)}</span>` : nothing}
          <span>changed ${since(value.modifiedAt)}</span>
          ${isWritable ? nothing : html`<span>read only</span>`}
        </p>
        ${isWritable && !isEdited ? this.#panel(value) : nothing}
      </header>
      ${problem(error)} ${isEdited ? this.#editor(value) : this.#reading(value)}
    </article>`
  }

  protected override updated(changes: PropertyValues<this>): void {
    const { value } = this.#read
    const wanted = `${this.path} ${this.params.get('line') ?? ''} ${this.params.get('heading') ?? ''}`
    if (changes.has('path')) this.#revealed = ''
    if (!value || this.params.has('edit') || wanted === this.#revealed) return
    this.#revealed = wanted
    const line = value.text.split('\n')[Number(this.params.get('line') ?? 0) - 1]
    reveal(this, this.params.get('heading') ?? line ?? '')
  }

  #actions({ truncated }: Read) {
    return html`<div class="actions">
      ${truncated ? html`<span class="line">Too long to be edited here as a whole</span>` : nothing}
      <button ?disabled=${truncated} @click=${() => this.#show({ edit: '1' })}>Edit</button>
      ${menu('More for this note', [
        { title: 'Move or rename…', run: () => this.#show({ move: '1', delete: undefined }) },
        {
          title: 'Delete…',
          isDangerous: true,
          run: () => this.#show({ delete: '1', move: undefined }),
        },
      ])}
    </div>`
  }

  #panel({ path, etag }: Read) {
    const close = () => this.#show({ move: undefined, delete: undefined })
    if (this.params.has('move'))
      return html`<sy-note-move
        .vault=${this.vault}
        .path=${path}
        .etag=${etag}
        @close=${close}
      ></sy-note-move>`
    if (!this.params.has('delete')) return nothing
    return html`<sy-note-delete
      .vault=${this.vault}
      .path=${path}
      .etag=${etag}
      .backlinks=${this.#meta.value?.meta.backlinks ?? []}
      @close=${close}
    ></sy-note-delete>`
  }

  #reading(value: Read) {
    const meta = this.#meta.value?.meta
    const map = this.#map.value?.map
    const tasks = this.#isWritable(value.path) ? map?.tasks.map(toTask) : undefined
    return html`<div class="reading">
      <div class="body-text">
        <sy-note-text
          .vault=${this.vault}
          .path=${value.path}
          .text=${value.text}
          .etag=${value.etag}
          .links=${meta?.links}
          .tasks=${tasks}
        ></sy-note-text>
        ${value.text.trim() === '' ? html`<p class="empty">This note is empty.</p>` : nothing}
        ${value.truncated ? html`<p class="empty">The first ${mostChars} of ${value.totalChars} characters; <code>note_read</code> has the rest.</p>` : nothing}
      </div>
      ${meta && map ? noteAside({ vault: this.vault, path: value.path, etag: value.etag, meta, headings: map.headings, canCreate: this.#isWritable(value.path), reveal: (heading) => reveal(this, heading) }) : nothing}
    </div>`
  }

  #editor(value: Read) {
    return html`<sy-editor
      .edited=${this.#edited(value.path)}
      .start=${toVersion(value)}
      .latest=${value.etag}
      @close=${() => this.#show({ edit: undefined })}
    ></sy-editor>`
  }

  /** The same object for the same note, so that the editor goes on with what was typed. */
  #edited(path: string): EditedText {
    const key = `note ${this.vault} ${path}`
    if (this.#target?.key === key) return this.#target
    const patch = (text: string, etag: string, isDry: boolean) =>
      callTool<{ diff?: string }>('note_patch', {
        vault: this.vault,
        path,
        op: 'replace',
        content: text,
        if_match: etag,
        dry_run: isDry,
      })
    this.#target = {
      key,
      label: `Text of ${nameOf(path)}`,
      read: async () =>
        toVersion(
          await callTool<Read>('note_read', { vault: this.vault, path, max_chars: mostChars }),
        ),
      write: async (text, etag) => patch(text, etag, false),
      compare: async (text, etag) => (await patch(text, etag, true)).diff ?? '',
    }
    return this.#target
  }
  #target: EditedText | undefined

  #missing(code: string) {
    const { error } = this.#read
    const isMissing = code === 'not_found'
    const mayCreate = isMissing && this.#isWritable(this.path)
    const back = html`<a
      class="back"
      href=${href('notes', undefined, this.#state({ edit: undefined }))}
      >All notes</a
    >`
    if (isMissing && this.path.startsWith('daily:'))
      return html`${back}<sy-missing-daily-note
          .vault=${this.vault}
          .path=${this.path}
          .isWritable=${mayCreate}
        ></sy-missing-daily-note>`
    return html`${back} ${problem(error)}
    ${mayCreate ? html`<a href=${href('notes', undefined, { vault: this.vault, new: this.path })}>Create it</a>` : nothing}`
  }

  #isWritable(path: string): boolean {
    if (this.#me.value && !this.#me.value.scopes.includes('note:write')) return false
    const folders = this.writable.map((folder) => folder.replace(/^\/|\/$/g, ''))
    if (path.startsWith('daily:')) return folders.length > 0 // Its folder is a setting of the vault.
    return folders.some((folder) => folder === '' || path.startsWith(`${folder}/`))
  }

  #ask(args: Record<string, unknown>) {
    return {
      tool: 'note_read',
      args: { vault: this.vault, path: this.path, ...args },
      staleBy: ({ kind }: { kind: string }) => kind.startsWith('note.'),
    }
  }

  #state(changes: Record<string, string | undefined>): Record<string, string> {
    return changed(this.params, { heading: undefined, line: undefined, ...changes })
  }

  #show(changes: Record<string, string | undefined>): void {
    go('notes', this.path, this.#state(changes))
  }

  /** Files are changed by other programs too, which tell no event: whoever comes back sees what is there. */
  readonly #look = (): void => {
    for (const query of [this.#read, this.#meta, this.#map]) query.refresh()
  }
}

const toVersion = ({ text, etag }: Read): Version => ({
  text: editable(splitFront(text).body),
  etag,
})

function toTask(line: string): BoxTask {
  const [, number = '0', mark = ' ', text = ''] = /^(\d+): \[(.)\] (.*)$/su.exec(line) ?? []
  return { line: Number(number), mark, text }
}

customElements.define('sy-note', NotePage)
