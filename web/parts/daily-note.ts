import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { go } from '../route.ts'
import { problem } from './problem.ts'

/** A day that has no note yet, and the button that makes it from the vault's own template. */
class MissingDailyNote extends PageElement {
  static override properties = {
    vault: {},
    path: {},
    isWritable: { type: Boolean },
    error: { state: true },
    busy: { state: true },
  }
  declare vault: string
  declare path: string
  declare isWritable: boolean
  declare error: ToolError | undefined
  declare busy: boolean

  override render() {
    const day = this.path.replace(/^daily:/, '')
    return html`<p class="empty">There is no note of ${day} yet.</p>
      ${problem(this.error)}
      ${this.isWritable ? html`<button class="primary" ?disabled=${this.busy} @click=${this.#create}>Create it</button>` : nothing}`
  }

  readonly #create = async (): Promise<void> => {
    this.busy = true
    this.error = undefined
    try {
      const { vault, path } = this
      const made = await callTool<{ path: string }>('note_create', { vault, path })
      go('notes', made.path, { vault })
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-missing-daily-note', MissingDailyNote)
