import { html, nothing } from 'lit'
import type { ContextHit, ContextSource, SourceKind } from '../../schemas/context.ts'
import { PageElement } from '../element.ts'
import { changed, choices } from '../parts/chips.ts'
import { citationRow, kindWords } from '../parts/citation.ts'
import '../parts/context-document.ts'
import { takeListKeys } from '../parts/list-keys.ts'
import { problem } from '../parts/problem.ts'
import '../parts/search-field.ts'
import '../parts/sources.ts'
import { skeleton } from '../parts/skeleton.ts'
import { tabs } from '../parts/tabs.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import './pack.ts'
import '../parts/thing.css'
import './context.css'

type Found = {
  items: ContextHit[]
  state: 'ready' | 'reading' | 'empty'
  degraded: string[]
  searched: number
  tookMs: number
}

const shownPieces = 30
const views = [
  { name: '', title: 'Search', href: href('context') },
  { name: 'sources', title: 'Sources', href: href('context', 'sources') },
  { name: 'pack', title: 'Packs', href: href('context', 'pack') },
]

/** What agents are told from: searched, its sources, and what a pack holds. */
class ContextPage extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #found = new Query<Found>(this, () =>
    this.thing === undefined && this.params.get('q')
      ? {
          tool: 'context_search',
          args: {
            query: this.params.get('q'),
            limit: shownPieces,
            excerpt_chars: 400,
            ...(this.#kind === undefined ? {} : { kinds: [this.#kind] }),
          },
        }
      : undefined,
  )
  readonly #sources = new Query<{ items: ContextSource[] }>(this, () => ({
    tool: 'context_source_list',
    args: { limit: 200 },
  }))

  constructor() {
    super()
    takeListKeys(this)
  }

  override render() {
    return html`<h1 class="visually-hidden">Context</h1>
      ${tabs('Context', this.thing ?? '', views)}
      <div class="tab-body">${this.#body()}</div>`
  }

  #body() {
    if (this.thing === 'sources') return html`<sy-sources .params=${this.params}></sy-sources>`
    if (this.thing === 'pack') return html`<sy-pack .params=${this.params}></sy-pack>`
    const [source, path] = [this.params.get('source'), this.params.get('path')]
    const isOpen = source !== null && path !== null
    return html`<div class="pair context" ?data-open=${isOpen}>
      <section aria-label="Find context">
        <sy-search-field
          .value=${this.params.get('q') ?? ''}
          label="Search context"
          placeholder="A question, words, or a name from code"
          @find=${(event: CustomEvent<string>) => location.replace(this.#address({ q: event.detail }))}
        ></sy-search-field>
        ${this.#kinds()} ${this.#list()}
      </section>
      <div class="thing">
        ${
          isOpen
            ? html`<a
                  class="back"
                  href=${this.#address({ source: undefined, path: undefined, line: undefined, end: undefined })}
                  >All pieces</a
                >
                <sy-context-document
                  .source=${source}
                  .path=${path}
                  .line=${Number(this.params.get('line')) || 1}
                  .end=${Number(this.params.get('end')) || undefined}
                ></sy-context-document>`
            : this.params.get('q')
              ? html`<p class="empty hint">Open a piece to see what it stands in.</p>`
              : nothing
        }
      </div>
    </div>`
  }

  get #kind(): SourceKind | undefined {
    const asked = this.params.get('kind')
    return asked !== null && asked in kindWords ? (asked as SourceKind) : undefined // One of its keys.
  }

  #address(changes: Record<string, string | undefined>): string {
    return href('context', undefined, changed(this.params, changes))
  }

  #kinds() {
    const there = new Set(this.#sources.value?.items.map(({ kind }) => kind))
    if (there.size < 2) return nothing
    return choices(
      'Kinds of source',
      [...there].map((kind) => ({
        text: kindWords[kind],
        href: this.#address({ kind: kind === this.#kind ? undefined : kind }),
        isOn: kind === this.#kind,
      })),
    )
  }

  #list() {
    const sources = this.#sources.value?.items
    if (sources?.length === 0)
      return html`<p class="empty">
        Nothing was taken in yet.
        <a href=${href('context', 'sources', { add: '1' })}>Add a source</a>
      </p>`
    if (!this.params.get('q'))
      return html`<p class="empty">
        Ask as an agent would: by words, by names from code, in any language. What is found is cited
        and opens where it stands.
      </p>`
    const { value, error } = this.#found
    if (!value) return error ? problem(error) : skeleton(8)
    const { items, degraded, searched, state } = value
    return html`<p class="line" role="status">
        ${items.length} ${items.length === 1 ? 'piece' : 'pieces'} from ${searched}
        ${searched === 1 ? 'source' : 'sources'}
      </p>
      ${problem(error)}
      ${state === 'reading' ? html`<p class="line warn">A source is still being read: there may be more soon.</p>` : nothing}
      ${degraded.map((note) => html`<p class="line warn">${note}</p>`)}
      ${items.length === 0 ? html`<p class="empty">Nothing bears on that. Try other words, or fewer.</p>` : nothing}
      <ol class="results">
        ${items.map((hit) => html`<li>${this.#row(hit)}</li>`)}
      </ol>`
  }

  #row(hit: ContextHit) {
    const { source, path, line0, line1 } = hit
    const at = this.params
    return citationRow(hit, {
      href: this.#address({ source, path, line: String(line0), end: String(line1) }),
      isOpen:
        at.get('source') === source && at.get('path') === path && Number(at.get('line')) === line0,
      source: this.#sources.value?.items.find(({ id }) => id === source)?.name,
    })
  }
}

customElements.define('sy-page-context', ContextPage)
