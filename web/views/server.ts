import { html, nothing } from 'lit'
import type { Upstream } from '../../schemas/upstream.ts'
import { PageElement } from '../element.ts'
import type { ListedTool } from '../mcp.ts'
import { ToolError, callTool, toolError } from '../mcp.ts'
import { problem } from '../parts/problem.ts'
import '../parts/quarantine.ts'
import { badge } from '../parts/state.ts'
import { tokensOf } from '../parts/tool-cost.ts'
import { go, href } from '../route.ts'
import { forgetTools, knownTools } from '../tool-list.ts'
import type { OwnServer } from './servers.ts'
import { skeleton } from '../parts/skeleton.ts'

/** One server: how it is, how the hub signs in to it, and its tools. */
class ServerView extends PageElement {
  static override properties = {
    name: {},
    own: {},
    upstream: {},
    params: {},
    tools: { state: true },
    error: { state: true },
    link: { state: true },
    isRestarting: { state: true },
  }
  declare name: string
  declare own: OwnServer | undefined
  declare upstream: Upstream | undefined
  declare params: URLSearchParams
  declare tools: ListedTool[] | undefined
  declare error: ToolError | undefined
  /** Where a person signs the hub in. */
  declare link: string | undefined
  /** Until it is connected to again, or could not be. */
  declare isRestarting: boolean

  protected override willUpdate(changed: Map<string, unknown>): void {
    const before = changed.get('upstream') as Upstream | undefined // The property's own type.
    if (changed.has('name')) this.#forget()
    const isChanged =
      !changed.has('name') && changed.has('upstream') && before?.tools !== this.upstream?.tools
    if (isChanged) forgetTools()
    if (isChanged || changed.has('name')) void this.#load()
  }

  override render() {
    const { own, upstream, error } = this
    const tools = this.tools ?? []
    const sought = this.params.get('q')?.toLowerCase() ?? ''
    const shown = tools.filter(({ name, description }) =>
      `${name} ${description}`.toLowerCase().includes(sought),
    )
    const cost = tools.reduce((sum, tool) => sum + tokensOf(tool), 0)
    return html`<section class="server" aria-label=${this.name}>
      <p class="back"><a href=${href('servers')}>All servers</a></p>
      <h2>${upstream ? badge(upstream.state) : nothing} ${own?.title ?? this.name}</h2>
      ${own ? html`<p class="soft">${own.description}</p>` : nothing}
      ${upstream ? this.#state(upstream) : nothing} ${problem(error)}
      ${
        upstream && upstream.quarantined.length + upstream.rejected.length > 0
          ? html`<sy-quarantine
              .server=${this.name}
              .names=${upstream.quarantined}
              .rejected=${upstream.rejected}
              @changed=${() => this.dispatchEvent(new Event('changed'))}
            ></sy-quarantine>`
          : nothing
      }
      <div class="page-bar">
        <h3>Tools <span class="count">${tools.length}</span></h3>
        <span class="soft"
          >${tools.length > 0 ? `about ${cost.toLocaleString()} tokens to know them all` : ''}</span
        >
        <input
          type="search"
          aria-label="Filter tools"
          placeholder="Filter"
          .value=${sought}
          @input=${this.#seek}
        />
      </div>
      ${this.tools === undefined && !error ? skeleton(2) : nothing}
      ${this.tools && shown.length === 0 ? html`<p class="empty">${tools.length === 0 ? 'It offers no tools that you may call.' : 'No tool says that.'}</p>` : nothing}
      <ul class="tools">
        ${shown.map(
          (tool) =>
            html`<li>
              <a href=${href('servers', `${this.name}/${tool.name}`)}><code>${tool.name}</code></a>
              <span class="about">${firstSentence(tool.description ?? '')}</span>
              <span class="soft cost">${tokensOf(tool)} tokens</span>
            </li>`,
        )}
      </ul>
    </section>`
  }

  #state(upstream: Upstream) {
    const { kind, protocol, server, calls, failures, reason, shadowed, state } = upstream
    return html`<p class="line">
        ${server ? html`<span>${server}</span>` : nothing} <span>${kind}</span>
        ${protocol ? html`<span>MCP ${protocol}</span>` : nothing}
        <span>${calls} calls${failures > 0 ? html`, <b>${failures} failed</b>` : nothing}</span>
        ${shadowed.length > 0 ? html`<span title=${shadowed.join(', ')}>${shadowed.length} left out, because the name is taken or the definition is not allowed</span>` : nothing}
      </p>
      ${reason && state !== 'ready' ? html`<p class="notice-text">${reason}</p>` : nothing}
      <div class="actions">
        ${kind === 'stdio' ? nothing : this.#signIns(state)}
        ${
          state === 'disabled'
            ? nothing
            : html`<button ?disabled=${this.isRestarting} @click=${this.#restart}>
                ${this.isRestarting ? 'Restarting…' : 'Restart'}
              </button>`
        }
      </div>
      ${this.link ? html`<p class="notice-text">Open <a href=${this.link} target="_blank" rel="noopener noreferrer">the sign-in page of ${this.name}</a> within ten minutes. The browser reports back by itself.</p>` : nothing}`
  }

  #forget(): void {
    this.tools = this.link = this.error = undefined
    this.isRestarting = false
  }

  #signIns(state: Upstream['state']) {
    return html`${state === 'signed_out' ? html`<button class="primary" @click=${this.#signIn}>Sign in</button>` : html`<button @click=${this.#signIn}>Sign in again</button>`}
      <button @click=${this.#signOut}>Sign out</button>`
  }

  readonly #restart = async (): Promise<void> => {
    this.isRestarting = true
    await this.#do(async () => void (await callTool('server_restart', { server: this.name })))
    this.isRestarting = false
  }

  async #load(): Promise<void> {
    const { name } = this
    try {
      const tools = await knownTools(name)
      if (name === this.name) this.tools = tools
    } catch (error) {
      if (name === this.name) this.error = toolError(error)
    }
  }

  readonly #seek = (event: InputEvent): void => {
    const { value } = event.target as HTMLInputElement // The listener sits on it.
    location.replace(href('servers', this.name, value === '' ? {} : { q: value }))
  }

  readonly #signIn = (): Promise<void> =>
    this.#do(async () => {
      const answer = await callTool<{ link?: string }>('server_login', { server: this.name })
      this.link =
        answer.link !== undefined && /^https?:/.test(answer.link) ? answer.link : undefined
    })

  readonly #signOut = (): Promise<void> =>
    this.#do(async () => {
      await callTool('server_logout', { server: this.name })
      this.link = undefined
      go('servers', this.name)
    })

  async #do(act: () => Promise<void>): Promise<void> {
    this.error = undefined
    try {
      await act()
      this.dispatchEvent(new Event('changed'))
    } catch (error) {
      this.error = toolError(error)
    }
  }
}

const firstSentence = (text: string): string => /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text

customElements.define('sy-server', ServerView)
