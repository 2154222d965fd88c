import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { go } from '../route.ts'
import { nameOf } from './note.ts'
import { problem } from './problem.ts'
import { toast } from './toast.ts'

/** Asks before a note goes to the trash, and says which notes would link nowhere then. Tells `close`. */
class DeleteNote extends PageElement {
  static override properties = {
    vault: {},
    path: {},
    etag: {},
    backlinks: { attribute: false },
    error: { state: true },
    busy: { state: true },
  }
  declare vault: string
  declare path: string
  declare etag: string
  declare backlinks: string[]
  declare error: ToolError | undefined
  declare busy: boolean

  override render() {
    const links =
      this.backlinks.length === 0
        ? 'No note links to it.'
        : `Links from ${this.backlinks.map(nameOf).join(', ')} will lead nowhere.`
    return html`<form class="panel" aria-label="Delete the note" @submit=${this.#submit}>
      <p>${nameOf(this.path)} goes to the trash of the vault. ${links}</p>
      ${problem(this.error)}
      ${
        this.error?.body.code === 'denied'
          ? html`<label class="inline"
              ><input type="checkbox" name="permanent" /> delete it for good</label
            >`
          : nothing
      }
      <div class="actions">
        <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('close'))}>
          Cancel
        </button>
        <button class="primary" ?disabled=${this.busy}>Delete</button>
      </div>
    </form>`
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement) // The listener sits on the form.
    this.busy = true
    this.error = undefined
    try {
      const { trash } = await callTool<{ trash: string }>('note_delete', {
        vault: this.vault,
        path: this.path,
        if_match: this.etag,
        permanent: fields.has('permanent'),
      })
      toast(trash === 'none' ? 'Deleted for good' : `Moved to ${trash}`)
      go('notes', undefined, { vault: this.vault })
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-note-delete', DeleteNote)
