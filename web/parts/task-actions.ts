import { html, nothing } from 'lit'
import type { Task } from '../../schemas/task.ts'
import { PageElement } from '../element.ts'
import { takeKeys } from '../keys.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { go, href } from '../route.ts'
import './budget-dialog.ts'
import { problem } from './problem.ts'
import { toast } from './toast.ts'

const final = ['succeeded', 'failed', 'canceled']

/** What can be done with a task now: a message to its agent, another try, another budget, the end. */
class TaskActions extends PageElement {
  static override properties = { task: {}, error: { state: true }, busy: { state: true } }
  declare task: Task
  declare error: ToolError | undefined
  declare busy: boolean

  constructor() {
    super()
    this.busy = false
    takeKeys(this, [
      { key: 'm', title: 'Message the agent', run: () => this.querySelector('input')?.focus() },
    ])
  }

  override render() {
    const { state } = this.task
    const isFinal = final.includes(state)
    const isOver = isFinal || state === 'in_review'
    return html`<div class="actions">
        ${
          isOver
            ? html`<button ?disabled=${this.busy} @click=${this.#again}>Run again</button>`
            : !hasReader(this.task)
              ? nothing
              : html`<form class="message" @submit=${this.#message}>
                  <input
                    name="body"
                    required
                    maxlength="20000"
                    aria-label="Message to the agent"
                    placeholder="Message to the agent"
                    autocomplete="off"
                  />
                  <label class="inline" title="End the turn that an external agent is in"
                    ><input type="checkbox" name="interrupt" /> at once</label
                  >
                  <button ?disabled=${this.busy}>Send</button>
                </form>`
        }
        ${isFinal ? nothing : html`<button ?disabled=${this.busy} @click=${() => this.#act('task_cancel')}>Cancel</button>`}
        ${state === 'running' ? html`<a href=${href('clusters', undefined, { task: this.task.id })}>Open its pod</a>` : nothing}
        ${isFinal ? nothing : html`<sy-budget-dialog .task=${this.task.id}></sy-budget-dialog>`}
      </div>
      ${problem(this.error)}`
  }

  readonly #again = (): Promise<boolean> => this.#act('task_retry')

  readonly #message = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    const fields = new FormData(form)
    const body = fields.get('body')
    const isSent = await this.#act('task_message', { body, interrupt: fields.has('interrupt') })
    if (!isSent) return
    form.reset()
    toast('The agent reads it next')
  }

  async #act(tool: string, args: Record<string, unknown> = {}): Promise<boolean> {
    this.error = undefined
    this.busy = true
    try {
      const made = await callTool<{ id?: string }>(tool, { task: this.task.id, ...args })
      if (made.id && made.id !== this.task.id) go('tasks', made.id)
      return true
    } catch (error) {
      this.error = toolError(error)
      return false
    } finally {
      this.busy = false
    }
  }
}

/** A command runs by itself: no agent would read what is said to it. */
const hasReader = ({ template }: Task): boolean => template !== 'command'

customElements.define('sy-task-actions', TaskActions)
