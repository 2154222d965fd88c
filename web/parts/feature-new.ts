import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { go } from '../route.ts'
import { problem } from './problem.ts'

type Made = { feature: string; path: string }

/** A form for a feature that is not there yet; it is named by what it is. */
class NewFeature extends PageElement {
  static override properties = {
    repo: {},
    project: {},
    name: { state: true },
    error: { state: true },
    busy: { state: true },
  }
  declare repo: string
  declare project: string
  declare name: string | undefined
  declare error: ToolError | undefined
  declare busy: boolean

  override render() {
    return html`<form
      class="panel"
      aria-label="New feature"
      @submit=${this.#submit}
      @input=${() => (this.name = undefined)}
    >
      <h2 class="title">New feature</h2>
      <label
        ><span>What it is</span
        ><textarea name="description" rows="3" required maxlength="4000"></textarea
        ><small>In words; its number and its name are made from them.</small></label
      >
      ${problem(this.error)}
      ${this.name === undefined ? nothing : html`<p role="status">It becomes <code>${this.name}</code>.</p>`}
      <div class="actions">
        <button
          type="button"
          @click=${() => go('specs', undefined, { repo: this.repo, ...(this.project === '' ? {} : { project: this.project }) })}
        >
          Close
        </button>
        <button class="primary" ?disabled=${this.busy}>
          ${this.name === undefined ? 'Show its name' : 'Create'}
        </button>
      </div>
    </form>`
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement) // The listener sits on the form.
    this.busy = true
    this.error = undefined
    const isNamed = this.name !== undefined
    try {
      const { feature } = await callTool<Made>('spec_create', {
        repo: this.repo,
        project: this.project,
        description: fields.get('description'),
        dry_run: !isNamed,
      })
      if (!isNamed) this.name = feature
      else
        go('specs', feature, {
          repo: this.repo,
          ...(this.project === '' ? {} : { project: this.project }),
        })
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }
}

customElements.define('sy-feature-new', NewFeature)
