import { html, nothing } from 'lit'
import type { ContextSource } from '../../schemas/context.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { go, href } from '../route.ts'
import { problem } from './problem.ts'

const kinds: [string, string, string][] = [
  ['repo', 'Repository', 'Absolute path of a Git repository on the hub machine'],
  ['spec', 'Specs of a repository', 'Absolute path of a Git repository on the hub machine'],
  ['folder', 'Folder', 'Absolute path of a folder on the hub machine'],
  ['vault', 'Vault', 'Name of a vault, as switchyard.json has it'],
  ['text', 'Text that I paste', 'A name for it'],
]

/** A form for a source that is not known yet. */
class AddSource extends PageElement {
  static override properties = {
    kind: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare kind: string | undefined
  declare error: ToolError | undefined
  declare busy: boolean

  override render() {
    const kind = this.kind ?? 'repo'
    const [, , hint = ''] = kinds.find(([name]) => name === kind) ?? []
    return html`<form class="panel" aria-label="Add a source" @submit=${this.#submit}>
      <label
        ><span>Kind</span
        ><select
          name="kind"
          @change=${(event: Event) => (this.kind = (event.target as HTMLSelectElement).value)}
        >
          ${kinds.map(([name, title]) => html`<option value=${name}>${title}</option>`)}
        </select></label
      >
      <label
        ><span>${kind === 'text' ? 'Name' : kind === 'vault' ? 'Vault' : 'Path'}</span
        ><input name="uri" required maxlength="4096" autocomplete="off" /><small
          >${hint}</small
        ></label
      >
      ${kind === 'repo' ? html`<label><span>Branch</span><input name="ref" maxlength="200" autocomplete="off" /><small>Default: what is checked out</small></label>` : nothing}
      ${kind === 'text' ? html`<label><span>Text</span><textarea name="text" rows="8" required></textarea></label>` : nothing}
      <label
        ><span>Who wrote it</span
        ><select name="trust">
          <option value="own">we did</option>
          <option value="team">the team</option>
          <option value="external">others; nobody here vouches for it</option>
        </select></label
      >
      ${problem(this.error)}
      <div class="actions">
        <a href=${href('context', 'sources')}>Close</a>
        <button class="primary" ?disabled=${this.busy}>${this.busy ? 'Reading…' : 'Add'}</button>
      </div>
    </form>`
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement) // The listener sits on the form.
    const { text, ref, ...others } = Object.fromEntries(fields)
    this.busy = true
    this.error = undefined
    try {
      await callTool<{ source: ContextSource }>('context_ingest', {
        ...others,
        ...(ref ? { ref } : {}),
        ...(text
          ? {
              documents: [
                { path: `${typeof others.uri === 'string' ? others.uri : 'text'}.md`, text },
              ],
            }
          : {}),
      })
      go('context', 'sources')
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-source-add', AddSource)
