import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { problem } from './problem.ts'

type Difference = { tool: string; diff: string }

/** Tools of a server that are new or changed: what each says now and said before, and the yes to it. */
class Quarantine extends PageElement {
  static override properties = {
    server: {},
    names: {},
    items: { state: true },
    error: { state: true },
  }
  declare server: string
  declare names: string[]
  declare items: Difference[] | undefined
  declare error: ToolError | undefined

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (
      changed.has('server') ||
      (changed.get('names') as string[] | undefined)?.join() !== this.names.join()
    )
      void this.#look()
  }

  override render() {
    const { items, names } = this
    return html`<section class="quarantine" aria-label="Tools to accept">
      <h3>${names.length} new or changed</h3>
      <p class="soft">
        What a tool says of itself is told to models, so nothing here can be called until somebody
        has read it. To never have one, name it under <code>deny</code> of this server in
        <code>switchyard.json</code>.
      </p>
      ${problem(this.error)}
      ${items?.map(
        ({ tool, diff }) =>
          html`<details class="difference" ?open=${items.length <= 5}>
            <summary><code>${tool}</code> <span class="soft">${verdict(diff)}</span></summary>
            <pre tabindex="0">
${diff.split('\n').map((line) => html`<span class=${kind(line)}>${line} </span>`)}</pre>
            <div class="actions">
              <button class="primary" @click=${() => this.#accept([tool])}>Accept ${tool}</button>
            </div>
          </details>`,
      )}
      ${items && items.length > 1 ? html`<button @click=${() => this.#accept(items.map(({ tool }) => tool))}>Accept all ${items.length}</button>` : nothing}
    </section>`
  }

  async #look(): Promise<void> {
    const { server } = this
    try {
      const found = await callTool<{ items: Difference[] }>('server_accept', {
        server,
        dry_run: true,
      })
      if (server === this.server) this.items = found.items
    } catch (error) {
      this.error = toolError(error)
    }
  }

  /** Only what was read is accepted: a tool that changed meanwhile is among none of these. */
  async #accept(tools: string[]): Promise<void> {
    this.error = undefined
    try {
      const { server } = this
      const now = await callTool<{ items: Difference[] }>('server_accept', {
        server,
        tools,
        dry_run: true,
      })
      const isSame = now.items.every(
        ({ tool, diff }) => this.items?.find((seen) => seen.tool === tool)?.diff === diff,
      )
      if (!isSame) {
        await this.#look()
        throw new Error('a definition changed while you read it: read it again')
      }
      await callTool('server_accept', { server, tools })
      this.dispatchEvent(new Event('changed'))
    } catch (error) {
      this.error = toolError(error)
    }
  }
}

const verdict = (diff: string): string =>
  diff.split('\n').every((line) => line.startsWith('+')) ? 'new' : 'changed'

const kind = (line: string): string =>
  line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : ''

customElements.define('sy-quarantine', Quarantine)
