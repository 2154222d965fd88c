import { html, nothing } from 'lit'
import type { ContextSource } from '../../schemas/context.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { kindWords, trustMark } from './citation.ts'
import { problem } from './problem.ts'
import { since } from './time.ts'
import { rows } from './rows.ts'
import './source-add.ts'
import { badge } from './state.ts'

type Ingested = {
  source: ContextSource
  done: boolean
  added: number
  removed: number
  skipped: { path: string; reason: string }[]
  skippedCount: number
}

const places = ['repo', 'vault', 'spec', 'folder']

/** The sources of the context store: state, size, and bringing them up to date. */
class Sources extends PageElement {
  static override properties = {
    params: {},
    error: { state: true },
    ingested: { state: true },
    busy: { state: true },
    leaving: { state: true },
  }
  declare params: URLSearchParams
  declare error: ToolError | undefined
  declare ingested: Ingested | undefined
  /** Source that is worked on. */
  declare busy: string | undefined
  /** Source that was asked to be forgotten, once. */
  declare leaving: string | undefined
  readonly #me = new Query<{ scopes: string[] }>(this, () => ({ tool: 'whoami' }))

  override render() {
    const mayWrite = this.#me.value?.scopes.includes('context:write') === true
    return html`${problem(this.error)} ${this.ingested ? outcome(this.ingested) : nothing}
    ${mayWrite && this.params.has('add') ? html`<sy-source-add></sy-source-add>` : nothing}
    ${mayWrite && !this.params.has('add') ? html`<a href=${href('context', 'sources', { add: '1' })}>Add a source</a>` : nothing}
    ${rows<ContextSource>({
      label: 'Sources',
      asked: {
        tool: 'context_source_list',
      },
      key: ({ id }) => id,
      row: (source) => this.#row(source, mayWrite),
      empty: html`<p class="empty">
        Nothing was taken in yet. Vaults come by themselves, and a repository with its first task.
      </p>`,
      height: innerWidth < 720 ? 92 : 64,
    })}`
  }

  #row(source: ContextSource, mayWrite: boolean) {
    const { id, name, kind, state, documents, chunks, indexedAt, problem: why, trust } = source
    const isBusy = this.busy === id
    return html`<div class="source-row">
      <div>
        <span class="top-line"
          >${badge(state === 'pending' ? 'reading' : state)} <b title=${source.uri}>${name}</b>
          <small>${kindWords[kind]}</small></span
        >
        <small
          >${documents} ${documents === 1 ? 'document' : 'documents'}, ${chunks}
          ${chunks === 1 ? 'piece' : 'pieces'}
          ${indexedAt ? html`<span>read ${since(indexedAt)}</span>` : nothing} ${trustMark(trust)}
          ${why ? html`<span class="failed">${why}</span>` : nothing}</small
        >
      </div>
      ${
        mayWrite
          ? html`<div class="actions">
              ${places.includes(kind) ? html`<button ?disabled=${isBusy} aria-label=${`${isBusy ? 'Reading…' : 'Read again'}: ${name}`} @click=${() => this.#refresh(source)}>${isBusy ? 'Reading…' : 'Read again'}</button>` : nothing}
              <button
                ?disabled=${isBusy}
                aria-label=${this.leaving === id ? `Really forget it? ${name}` : `Forget ${name}`}
                @click=${() => this.#forget(source)}
                @blur=${() => (this.leaving = undefined)}
              >
                ${this.leaving === id ? 'Really forget it?' : 'Forget'}
              </button>
            </div>`
          : nothing
      }
    </div>`
  }

  #refresh({ id }: ContextSource): Promise<void> {
    return this.#act(id, async () => {
      this.ingested = await callTool<Ingested>('context_ingest', { source: id })
    })
  }

  async #forget({ id }: ContextSource): Promise<void> {
    if (this.leaving !== id) {
      this.leaving = id
      return
    }
    this.leaving = undefined
    await this.#act(id, async () => {
      await callTool('context_forget', { source: id })
    })
  }

  async #act(id: string, action: () => Promise<void>): Promise<void> {
    this.busy = id
    this.error = undefined
    this.ingested = undefined
    try {
      await action()
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = undefined
    }
  }
}

/** How a reading went. */
const outcome = ({ source, done, added, removed, skipped, skippedCount }: Ingested) =>
  html`<div class="panel" role="status">
    <p>
      ${done ? html`<b>${source.name}</b> was read: ${added} documents changed, ${removed} removed${skippedCount > 0 ? html`, ${skippedCount} left out` : nothing}.` : html`<b>${source.name}</b> is still being read; it goes on by itself.`}
    </p>
    ${
      skipped.length === 0
        ? nothing
        : html`<details>
            <summary>What was left out</summary>
            <ul class="plain">
              ${skipped.map(({ path, reason }) => html`<li><code>${path}</code> ${reason}</li>`)}
            </ul>
          </details>`
    }
  </div>`

customElements.define('sy-sources', Sources)
