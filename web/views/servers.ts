import { html, nothing } from 'lit'
import type { Upstream } from '../../schemas/upstream.ts'
import { PageElement } from '../element.ts'
import { every } from '../every.ts'
import { words } from '../format.ts'
import { problem } from '../parts/problem.ts'
import { skeleton } from '../parts/skeleton.ts'
import { badge } from '../parts/state.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import '../parts/page-bar.css'
import './servers.css'
import './server.ts'
import './tool.ts'

/** A server of this hub itself. */
export type OwnServer = { name: string; title: string; description: string; tools: string[] }

const refreshMs = 5000

/** Every server whose tools can be called here, the one that is open, and the tool that is open in it. */
class Servers extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #servers = new Query<{ items: Upstream[]; own?: OwnServer[] }>(this, () => ({
    tool: 'server_list',
    args: { own: true },
  }))

  constructor() {
    super()
    every(this, refreshMs, () => this.#servers.refresh()) // No event tells that a server fell silent.
  }

  override render() {
    const { value, error, isLoading } = this.#servers
    const [name, ...tool] = this.thing?.split('/') ?? []
    const own = value?.own ?? []
    const others = value?.items ?? []
    return html`<h1 class="visually-hidden">Servers</h1>
      <div class="pair" ?data-open=${name !== undefined}>
        <nav class="servers" aria-label="Servers">
          ${problem(error)} ${isLoading ? skeleton(6) : nothing}
          <h2>Behind this hub</h2>
          ${others.length === 0 && value ? none : nothing}
          <ul>
            ${others.map((server) => otherRow(server, server.name === name))}
          </ul>
          <h2>This hub</h2>
          <ul>
            ${own.map(
              (server) =>
                html`<li>
                  <a
                    href=${href('servers', server.name)}
                    aria-current=${server.name === name ? 'true' : nothing}
                    ><strong>${server.title}</strong>
                    <span class="soft">${server.tools.length} tools</span></a
                  >
                </li>`,
            )}
          </ul>
        </nav>
        ${value ? this.#open(name, tool.join('/'), own, others) : html`<div></div>`}
      </div>`
  }

  #open(name: string | undefined, tool: string, own: OwnServer[], others: Upstream[]) {
    if (name === undefined)
      return html`<p class="nothing wide-only">
        Choose a server to see its tools: what each does, its form, its last calls, and what it
        costs a model to know it.
      </p>`
    const other = others.find((server) => server.name === name)
    const found = other ?? own.find((server) => server.name === name)
    if (!found)
      return html`<div>
        <p class="empty">
          There is no server <b>${name}</b> here. <a href=${href('servers')}>All servers</a>
        </p>
      </div>`
    if (tool !== '')
      return html`<sy-tool .server=${name} .name=${tool} .params=${this.params}></sy-tool>`
    return html`<sy-server
      .name=${name}
      .own=${own.find((server) => server.name === name)}
      .upstream=${other}
      .params=${this.params}
      @changed=${() => this.#servers.refresh()}
    ></sy-server>`
  }
}

const otherRow = ({ name, state, tools, quarantined, reason }: Upstream, isCurrent: boolean) =>
  html`<li>
    <a href=${href('servers', name)} aria-current=${isCurrent ? 'true' : nothing}
      >${badge(state)} <strong>${name}</strong>
      <span class="soft">${tools} tools</span>
      ${quarantined.length > 0 ? html`<span class="held">${quarantined.length} to accept</span>` : nothing}
      ${reason === undefined || state === 'ready' ? nothing : html`<span class="soft reason">${words(reason)}</span>`}</a
    >
  </li>`

const none = html`<p class="empty">
  No other MCP server yet. Name some under <code>mcpServers</code> in <code>switchyard.json</code>,
  in the form that Claude and Cursor use; it is read again at once.
</p>`

customElements.define('sy-page-servers', Servers)
