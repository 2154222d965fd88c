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
    rejected: {},
    items: { state: true },
    error: { state: true },
  }
  declare server: string
  declare names: string[]
  /** What was refused, and can be accepted all the same. */
  declare rejected: string[]
  declare items: Difference[] | undefined
  declare error: ToolError | undefined
  #shown = ''

  protected override willUpdate(changed: Map<string, unknown>): void {
    const shown = [this.server, ...this.names, ' ', ...this.rejected].join()
    if (changed.size > 0 && shown !== this.#shown) void this.#look()
    this.#shown = shown
  }

  override render() {
    const { items, names, rejected } = this
    const waiting = items?.filter(({ tool }) => names.includes(tool)) ?? []
    const refused = items?.filter(({ tool }) => rejected.includes(tool)) ?? []
    return html`${names.length > 0 || this.error ? this.#waiting(waiting) : nothing}
    ${
      refused.length > 0
        ? html`<details class="rejected">
            <summary>${refused.length} rejected, and not called</summary>
            ${refused.map((item) => this.#difference(item, refused.length <= 5))}
          </details>`
        : nothing
    }`
  }

  #waiting(items: Difference[]) {
    return html`<section class="quarantine" aria-label="Tools to accept">
      <h3>${this.names.length} new or changed</h3>
      <p class="soft">
        What a tool says of itself is told to models, so nothing here can be called until somebody
        has read it. What is rejected never asks again as it is; to never have a tool, name it under
        <code>deny</code> of this server in <code>switchyard.json</code>.
      </p>
      ${problem(this.error)} ${items.map((item) => this.#difference(item, items.length <= 5))}
      ${items.length > 1 ? html`<button @click=${() => this.#decide('accept', items)}>Accept all ${items.length}</button>` : nothing}
    </section>`
  }

  #difference(item: Difference, isOpen: boolean) {
    const { tool, diff } = item
    return html`<details class="difference" ?open=${isOpen}>
      <summary><code>${tool}</code> <span class="soft">${verdict(diff)}</span></summary>
      <pre tabindex="0">
${diff.split('\n').map((line) => html`<span class=${kind(line)}>${line} </span>`)}</pre>
      <div class="actions">
        <button class="primary" @click=${() => this.#decide('accept', [item])}>
          Accept ${tool}
        </button>
        ${this.rejected.includes(tool) ? nothing : html`<button @click=${() => this.#decide('reject', [item])}>Reject ${tool}</button>`}
      </div>
    </details>`
  }

  async #look(): Promise<void> {
    const { server } = this
    try {
      const items = await this.#differences([...this.names, ...this.rejected])
      if (server === this.server) this.items = items
    } catch (error) {
      this.error = toolError(error)
    }
  }

  async #differences(tools: string[]): Promise<Difference[]> {
    const asked = { server: this.server, tools, dry_run: true }
    return (await callTool<{ items: Difference[] }>('server_accept', asked)).items
  }

  /** Only what was read is decided on: a tool that changed meanwhile is among none of these. */
  async #decide(what: 'accept' | 'reject', read: Difference[]): Promise<void> {
    this.error = undefined
    try {
      const tools = read.map(({ tool }) => tool)
      const now = await this.#differences(tools)
      if (now.some(({ tool, diff }) => read.find((seen) => seen.tool === tool)?.diff !== diff)) {
        await this.#look()
        throw new Error('a definition changed while you read it: read it again')
      }
      await callTool(`server_${what}`, { server: this.server, tools })
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
