import { html, nothing } from 'lit'
import type { AuditItem } from '../../schemas/audit.ts'
import { PageElement } from '../element.ts'
import type { ListedTool, ToolError } from '../mcp.ts'
import { toolError } from '../mcp.ts'
import { problem } from '../parts/problem.ts'
import { badge } from '../parts/state.ts'
import { tokensOf } from '../parts/tool-cost.ts'
import { toolForm } from '../parts/tool-form.ts'
import { since } from '../parts/time.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { knownTools } from '../tool-list.ts'
import { skeleton } from '../parts/skeleton.ts'

const shownCalls = 10

/** One tool: what it says, its form, and its last calls. `args` in the address fills the form. */
class ToolView extends PageElement {
  static override properties = {
    server: {},
    name: {},
    params: {},
    tools: { state: true },
    error: { state: true },
  }
  declare server: string
  declare name: string
  declare params: URLSearchParams
  declare tools: ListedTool[] | undefined
  declare error: ToolError | undefined
  readonly #calls = new Query<{ items: AuditItem[] }>(this, () => ({
    tool: 'audit_list',
    args: { tool: this.name, limit: shownCalls, full: true },
    staleBy: () => false, // Each call of this form asks again; what others do is not followed.
  }))

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('server')) void this.#load()
  }

  override render() {
    const tool = this.tools?.find(({ name }) => name === this.name)
    const back = html`<p class="back shown">
      <a href=${href('servers', this.server)}>All tools of ${this.server}</a>
    </p>`
    if (!tool)
      return html`<section>
        ${back} ${problem(this.error)}
        ${this.tools ? html`<p class="empty">${this.server} has no tool <b>${this.name}</b> that you may call.</p>` : skeleton(2)}
      </section>`
    const { description = '', annotations = {} } = tool
    const [lead = '', ...rest] = description.split(/(?<=\.)\s/)
    const title = tool.title ?? annotations.title
    return html`<section class="tool" aria-label=${tool.name}>
      ${back}
      <h2>${title ?? tool.name}</h2>
      <p class="line">
        <code>${tool.name}</code>
        <span
          >${annotations.readOnlyHint ? 'only reads' : annotations.destructiveHint ? html`<b class="failed">cannot be undone</b>` : 'changes something'}</span
        >
        <span>about ${tokensOf(tool)} tokens in a model’s context</span>
      </p>
      <p class="body">${lead}</p>
      ${rest.length > 0 ? html`<p class="body soft">${rest.join(' ')}</p>` : nothing}
      ${toolForm({
        tool,
        offersJson: true,
        values: this.#given(),
        done: () => setTimeout(() => this.#calls.refresh(), 300), // Its row is written by then.
      })}
      ${this.#lastCalls(annotations.readOnlyHint === true)}
    </section>`
  }

  #lastCalls(isReading: boolean) {
    const { value, error } = this.#calls
    if (error?.body.code === 'denied') return nothing // Who may not read the trail is shown none of it.
    const items = value?.items ?? []
    return html`<h3>Last calls</h3>
      ${problem(error)}
      ${value && items.length === 0 ? html`<p class="empty">${isReading ? 'Reads are not recorded.' : 'Nobody has called it yet.'}</p>` : nothing}
      <ul class="calls">
        ${items.map(
          (row) =>
            html`<li>
              ${badge(row.outcome)}
              <a href=${href('audit', String(row.seq), { tool: this.name })}>${since(row.at)}</a>
              <span>${row.principal}</span>
              <code>${row.args === '{}' ? '' : row.args.slice(0, 200)}</code>
            </li>`,
        )}
      </ul>`
  }

  /** What the address fills in; a text that is no JSON fills in nothing. */
  #given(): Record<string, unknown> | undefined {
    const text = this.params.get('args')
    if (text === null) return undefined
    try {
      const value = JSON.parse(text) as unknown
      return typeof value === 'object' && value !== null ? { ...value } : undefined
    } catch {
      return undefined
    }
  }

  async #load(): Promise<void> {
    const { server } = this
    this.tools = this.error = undefined
    try {
      const tools = await knownTools(server)
      if (server === this.server) this.tools = tools
    } catch (error) {
      this.error = toolError(error)
    }
  }
}

customElements.define('sy-tool', ToolView)
