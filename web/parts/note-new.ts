import { html } from 'lit'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { dropDraft, draftOf, keepDraft } from './drafts.ts'
import { problem } from './problem.ts'
import { go } from '../route.ts'

/** A form for a note that is not there yet. What is typed is kept in this browser until it is made. */
class NewNote extends PageElement {
  static override properties = {
    vault: {},
    path: {},
    error: { state: true },
    busy: { state: true },
  }
  declare vault: string
  declare path: string
  declare error: ToolError | undefined
  declare busy: boolean

  override render() {
    const path = this.path === '1' ? '' : this.path
    return html`<form class="editor" @submit=${this.#create} aria-label="New note">
      <h2 class="title">New note</h2>
      <label
        ><span>Path</span
        ><input
          name="path"
          required
          maxlength="1000"
          .defaultValue=${path}
          placeholder="Folder/Name"
          autocomplete="off"
        /><small
          >Folders are made on the way. <code>daily:today</code> makes the note of the day.</small
        ></label
      >
      <label
        ><span>Template</span><input name="template" maxlength="1000" autocomplete="off" /><small
          >A note of the vault to start from; empty for none.</small
        ></label
      >
      <label
        ><span>Text</span
        ><textarea
          name="content"
          .defaultValue=${draftOf(this.#key)?.text ?? ''}
          @input=${(event: InputEvent) => keepDraft(this.#key, (event.target as HTMLTextAreaElement).value, '')}
        ></textarea>
      </label>
      ${problem(this.error)}
      <div class="actions">
        <button type="button" @click=${() => go('notes', undefined, { vault: this.vault })}>
          Close
        </button>
        <button class="primary" ?disabled=${this.busy}>Create</button>
      </div>
    </form>`
  }

  get #key(): string {
    return `new-note ${this.vault}`
  }

  readonly #create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement) // The listener sits on the form.
    const given = [...fields].filter(([, value]) => value !== '')
    this.busy = true
    this.error = undefined
    try {
      const made = await callTool<{ path: string }>('note_create', {
        vault: this.vault,
        ...Object.fromEntries(given),
      })
      dropDraft(this.#key)
      go('notes', made.path, { vault: this.vault })
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-note-new', NewNote)
