import { html, nothing } from 'lit'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { go } from '../route.ts'
import { problem } from './problem.ts'

type Models = { items: { name: string; kind: 'local' | 'cloud' | 'scripted' }[] }
type StartedTask = { id: string; text: string }

/** Starts work on a feature: one task of it, or all that are open as a plan. Tells `close`. */
class StartWork extends PageElement {
  static override properties = {
    of: { attribute: false },
    task: { attribute: false },
    error: { state: true },
    busy: { state: true },
  }
  declare of: { repo: string; project: string; feature: string }
  /** The one to start; all as a plan where it is missing. */
  declare task: StartedTask | undefined
  declare error: ToolError | undefined
  declare busy: boolean
  readonly #models = new Query<Models>(this, () => ({ tool: 'model_list' }))

  override render() {
    const models = this.#models.value?.items ?? []
    const hasReal = !this.#models.value || models.some(({ kind }) => kind !== 'scripted')
    return html`<form class="panel" @submit=${this.#submit} aria-label="Start work">
      <p>
        ${
          this.task
            ? html`An agent does <b>${this.task.id}</b> and opens a change; its box is ticked when
                that is merged.`
            : 'The open tasks become a plan: in their order, those marked [P] beside each other.'
        }
      </p>
      <label
        ><span>Model</span
        ><select name="model">
          ${hasReal ? html`<option value="">the hub's own choice</option>` : nothing}
          ${models.map(({ name, kind }) => html`<option value=${name}>${name} (${kind === 'scripted' ? 'for dry runs' : kind})</option>`)}</select
        >${hasReal ? nothing : html`<small>No language model is configured; this one knows simple repairs only.</small>`}</label
      >
      ${
        this.task
          ? nothing
          : html`<label class="inline"
                ><input type="checkbox" name="checkpoints" checked /> ask me at the end of each
                phase</label
              >
              <label class="inline"
                ><input type="checkbox" name="approve" /> show me the plan before it runs</label
              >`
      }
      ${problem(this.error)}
      <div class="actions">
        <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('close'))}>
          Cancel
        </button>
        <button class="primary" ?disabled=${this.busy}>
          ${this.task ? `Start ${this.task.id}` : 'Start the plan'}
        </button>
      </div>
    </form>`
  }

  readonly #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement) // The listener sits on the form.
    const model = fields.get('model') === '' ? {} : { model: fields.get('model') }
    this.busy = true
    this.error = undefined
    try {
      if (this.task) go('tasks', await this.#startTask(this.task, model))
      else {
        const { id } = await callTool<{ id: string }>('plan_create', {
          ...this.of,
          ...model,
          checkpoints: fields.has('checkpoints'),
          approve: fields.has('approve'),
        })
        go('plans', id)
      }
    } catch (error) {
      this.error = toolError(error)
    } finally {
      this.busy = false
    }
  }

  async #startTask({ id, text }: StartedTask, model: object): Promise<string> {
    const { repo, project, feature } = this.of
    const place = `${project === '' ? '' : `${project}/`}specs/${feature}/`
    const submitted = await callTool<{ id: string }>('task_submit', {
      template: 'code',
      repo,
      title: `${id} ${text}`.slice(0, 200),
      goal: `${id} ${text}\n\nThis is a task of the feature ${feature}: ${place} has its specification, plan and tasks. Do this task alone and leave tasks.md as it is.`,
      params: { spec: { feature, project, tasks: [id] } },
      ...model,
    })
    return submitted.id
  }
}

customElements.define('sy-spec-start', StartWork)
