import { html, nothing } from 'lit'
import type { NoteHit, QuerySet } from '../../schemas/note.ts'
import { PageElement } from '../element.ts'
import { every } from '../every.ts'
import { changed, chips, choices } from '../parts/chips.ts'
import { takeListKeys } from '../parts/list-keys.ts'
import { noteRow, wordsOf } from '../parts/note.ts'
import type { ListedNote } from '../parts/note.ts'
import '../parts/note-new.ts'
import { problem } from '../parts/problem.ts'
import '../parts/search-field.ts'
import { skeleton } from '../parts/skeleton.ts'
import { searchHelp } from '../parts/search-help.ts'
import { setTable } from '../parts/set-table.ts'
import type { RanSet } from '../parts/set-table.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import './note.ts'
import { noVault, overview, startView } from './notes-start.ts'
import type { Vault } from './notes-start.ts'
import '../parts/thing.css'
import './notes.css'

type Vaults = { vaults: { name: string; writable: string[] }[]; vault?: Vault }
type Found = { items: NoteHit[]; total: number; truncated: boolean }
type Sets = { items: QuerySet[]; problems: { path: string; message: string }[] }

const shownNotes = 100
/** No event tells of a vault that was named in the configuration; what a large one holds takes a while to count. */
const [firstEveryMs, vaultsEveryMs] = [2000, 10_000]
const notesOnly = ({ kind }: { kind: string }) => kind.startsWith('note.')

/** Notes: what is looked for on the left, the note that is open on the right. */
class Notes extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  /** The vault that is shown where the address names none. */
  #first: string | undefined
  readonly #vaults = new Query<Vaults>(this, () => ({ tool: 'vault_read', staleBy: notesOnly }))
  readonly #chosen = new Query<Vaults>(this, () =>
    this.#vaults.value && this.#vaultName !== undefined && !this.#vaults.value.vault
      ? { tool: 'vault_read', args: { vault: this.#vaultName }, staleBy: notesOnly }
      : undefined,
  )
  readonly #sets = new Query<Sets>(this, () => this.#ask('queryset_list', {}))
  readonly #set = new Query<RanSet>(this, () =>
    this.params.get('set')
      ? this.#ask('queryset_run', { name: this.params.get('set'), limit: shownNotes })
      : undefined,
  )
  readonly #found = new Query<Found>(this, () =>
    this.#query === '' ? undefined : this.#ask('note_search', this.#searched()),
  )

  constructor() {
    super()
    takeListKeys(this)
    every(this, firstEveryMs, () => {
      if (this.#vaults.value?.vaults.length === 0) this.#vaults.refresh()
    })
    every(this, vaultsEveryMs, () => this.#vaults.refresh())
  }

  override render() {
    const { value, error } = this.#vaults
    if (error && !value) return problem(error)
    if (value?.vaults.length === 0) return noVault
    const isOpen = this.thing !== undefined || this.params.has('new')
    return html`<h1 class="visually-hidden">Notes</h1>
      <div class="pair notes" ?data-open=${isOpen}>
        <section aria-label="Find notes">
          <sy-search-field
            .value=${this.params.get('q') ?? ''}
            label="Search notes"
            placeholder="Search notes"
            @find=${(event: CustomEvent<string>) => location.replace(this.#address({ q: event.detail }))}
          ></sy-search-field>
          ${this.#narrowing(value)} ${value ? this.#list() : skeleton(6)}
        </section>
        <div class="thing">${value && this.#vaultName !== undefined ? this.#right() : nothing}</div>
      </div>`
  }

  get #vaultName(): string | undefined {
    return this.params.get('vault') ?? this.#first
  }

  override willUpdate(): void {
    // One that is named before it meanwhile must not take the place of what somebody reads or writes.
    const names = this.#vaults.value?.vaults.map(({ name }) => name) ?? []
    if (this.#first === undefined || !names.includes(this.#first)) this.#first = names[0]
  }

  get #vault(): Vault | undefined {
    return this.#vaults.value?.vault ?? this.#chosen.value?.vault
  }

  /** The search as the tool takes it: what was typed, and what the chips add in the same language. */
  get #query(): string {
    const folder = this.params.get('folder')
    const tag = this.params.get('tag')
    return [
      this.params.get('q'),
      folder === null ? '' : folder === '/' ? '-path:"/"' : `path:"${folder.replaceAll('"', '')}/"`,
      tag ? `tag:${tag}` : '',
      this.params.has('todo') ? 'task-todo:/./' : '',
    ]
      .filter(Boolean)
      .join(' ')
  }

  #searched(): Record<string, unknown> {
    const isByName = this.params.has('names') && this.params.get('q')
    const query = isByName ? this.params.get('q') : this.#query
    return { query, limit: shownNotes, ...(isByName ? { mode: 'name' } : {}) }
  }

  #ask(tool: string, args: Record<string, unknown>) {
    if (this.#vaultName === undefined) return undefined
    return { tool, args: { vault: this.#vaultName, ...args }, staleBy: notesOnly }
  }

  /** The list in another state; the note that is open stays open. */
  #address(changes: Record<string, string | undefined>): string {
    const { new: _, ...others } = changed(this.params, changes)
    return href('notes', this.thing, others)
  }

  #narrowing(vaults: Vaults | undefined) {
    const { params } = this
    const toggle = (name: string, text: string) => ({
      text,
      href: this.#address({ [name]: params.has(name) ? undefined : '1' }),
      isOn: params.has(name),
    })
    const several = vaults && vaults.vaults.length > 1 ? vaults.vaults : []
    const set = (['folder', 'tag', 'set'] as const).flatMap((name) => {
      const value = params.get(name)
      const text = value === '/' ? 'top folder' : value
      return text ? [{ text, without: this.#address({ [name]: undefined }) }] : []
    })
    return html`${
      several.length === 0
        ? nothing
        : choices(
            'Vaults',
            several.map(({ name }) => ({
              text: name,
              href: href('notes', undefined, { vault: name }),
              isOn: name === this.#vaultName,
            })),
          )
    }
    ${params.get('set') ? nothing : choices('How to search', [toggle('names', 'Names only'), toggle('todo', 'Open tasks')])}
    ${chips('Narrowed by', set)}`
  }

  #list() {
    if (this.params.get('set')) {
      const { value, error } = this.#set
      if (error) return problem(error)
      return value ? this.#rows(value.rows, value.total) : skeleton(6)
    }
    if (this.#query !== '') {
      const { value, error } = this.#found
      if (error) return html`${problem(error)}${searchHelp(true)}`
      return value ? this.#rows(value.items, value.total) : skeleton(6)
    }
    return startView({
      vault: this.#vaultName ?? '',
      about: this.#vault,
      sets: this.#sets.value?.items ?? [],
      address: (changes) => this.#address(changes),
    })
  }

  #rows(notes: ListedNote[], total: number) {
    if (notes.length === 0)
      return html`<p class="empty">
          No note fits. ${this.#searched().mode ? 'Names alone were searched.' : ''}
        </p>
        ${searchHelp(false)}`
    const words = wordsOf(this.params.get('q') ?? '')
    const more = total > notes.length ? `; the first ${notes.length} are shown` : ''
    return html`<p class="line" role="status">${total} ${total === 1 ? 'note' : 'notes'}${more}</p>
      <ol class="results">
        ${notes.map(
          (note, at) =>
            html`${note.group !== undefined && note.group !== notes[at - 1]?.group ? html`<li class="group">${note.group || 'Others'}</li>` : nothing}
              <li>
                ${noteRow(note, {
                  href: href('notes', note.path, {
                    ...changed(this.params, {
                      vault: this.#vaultName,
                      new: undefined,
                      edit: undefined,
                      heading: undefined,
                      line: note.line === undefined ? undefined : String(note.line),
                    }),
                  }),
                  isOpen: note.path === this.thing,
                  words,
                })}
              </li>`,
        )}
      </ol>`
  }

  #right() {
    const vault = this.#vaultName ?? ''
    const { params } = this
    if (this.thing !== undefined)
      return html`<sy-note
        .vault=${vault}
        .path=${this.thing}
        .writable=${this.#vaults.value?.vaults.find(({ name }) => name === vault)?.writable ?? []}
        .params=${params}
      ></sy-note>`
    if (params.has('new'))
      return html`<sy-note-new .vault=${vault} .path=${params.get('new') ?? ''}></sy-note-new>`
    const set = params.get('set')
    if (set && this.#set.value) return setTable(this.#set.value, vault)
    if (this.#query !== '') return html`<p class="empty hint">Open a note to read it.</p>`
    return html`${this.#vault ? overview(this.#vault) : nothing} ${searchHelp(false)}`
  }
}

customElements.define('sy-page-notes', Notes)
