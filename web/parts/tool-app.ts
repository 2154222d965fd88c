import { html, nothing } from 'lit'
import type { AppCall } from '../app-host.ts'
import { PageElement } from '../element.ts'
import type { ListedTool, ToolAnswer } from '../mcp.ts'
import { Query } from '../query.ts'
import { knownTool } from '../tool-list.ts'
import './app.ts'

/** The pages of the hub show what its own apps show. */
const ownApps = 'ui://switchyard/'

/** The app of another server's tool, for one call of it; nothing where the tool has none. */
class ToolApp extends PageElement {
  static override properties = {
    name: {},
    args: { attribute: false },
    answer: { attribute: false },
    tool: { state: true },
  }
  declare name: string
  declare args: Record<string, unknown>
  declare answer: ToolAnswer
  declare tool: ListedTool | undefined
  #call: AppCall | undefined
  readonly #servers = new Query<{ items: { name: string }[] }>(this, () =>
    this.#hasApp() ? { tool: 'server_list' } : undefined,
  )

  override connectedCallback(): void {
    super.connectedCallback()
    knownTool(this.name).then(
      (tool) => (this.tool = tool),
      () => undefined, // Then the answer is shown as that of any tool.
    )
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('answer') || changed.has('args')) this.#call = undefined
  }

  override render() {
    const server = this.#server()
    if (!this.tool || server === undefined) return nothing
    // One object for one call: each is a frame of its own.
    const call = (this.#call ??= {
      tool: this.tool,
      server,
      args: this.args,
      result: { ...this.answer },
    })
    return html`<sy-app-frame .call=${call}></sy-app-frame>`
  }

  #hasApp(): boolean {
    const uri = this.tool?._meta?.ui?.resourceUri
    return uri !== undefined && !uri.startsWith(ownApps)
  }

  /** The server whose name the tool's begins with; the longest, since names may contain one another. */
  #server(): string | undefined {
    const names = (this.#servers.value?.items ?? []).map(({ name }) => name)
    return names
      .filter((name) => this.name.startsWith(`${name}_`))
      .toSorted((a, b) => b.length - a.length)[0]
  }
}

/** Draws it; what shows apps is loaded with the first. */
export const toolApp = (name: string, args: Record<string, unknown>, answer: ToolAnswer) =>
  html`<sy-tool-app .name=${name} .args=${args} .answer=${answer}></sy-tool-app>`

customElements.define('sy-tool-app', ToolApp)
