import { html, nothing } from 'lit'
import type { PropertyValues } from 'lit'
import type { Artifact } from '../../schemas/artifact.ts'
import type { Attempt, Task } from '../../schemas/task.ts'
import { PageElement } from '../element.ts'
import { ago, bytes, duration } from '../format.ts'
import { Live } from '../live.ts'
import { ToolError, callTool } from '../mcp.ts'
import '../parts/approvals.ts'
import '../parts/change.ts'
import { checksView } from '../parts/checks.ts'
import '../parts/log.ts'
import { reportsView } from '../parts/reports.ts'
import { problem } from '../parts/problem.ts'
import { go } from '../route.ts'
import { badge } from '../parts/state.ts'

type Shown = { task: Task; attempts: Attempt[]; artifacts: Artifact[] }

const final = ['succeeded', 'failed', 'canceled']

/** One task: where it stands, its log, checks, artifacts and change, and what can be done now. */
class TaskPage extends PageElement {
  static override properties = { task: {}, error: { state: true } }
  declare task: string
  declare error: ToolError | undefined
  readonly #shown = new Live<Shown>(
    this,
    async () => {
      const [read, artifacts] = await Promise.all([
        callTool<{ task: Task; attempts: Attempt[] }>('task_read', { task: this.task }),
        callTool<{ items: Artifact[] }>('artifact_list', { task: this.task }),
      ])
      return { ...read, artifacts: artifacts.items }
    },
    (event) => event.task === this.task,
  )

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('task') && changed.get('task') !== undefined) this.#shown.refresh()
  }

  override render() {
    const { value, error } = this.#shown
    if (!value) return error ? problem(error) : html`<p class="empty">Loading…</p>`
    const { task, attempts, artifacts } = value
    const change = task.result?.change
    return html`
      <article class="task">
        <h1>${task.title}</h1>
        <p class="line">
          ${badge(task.state)}
          <span>${task.template}</span> ${task.repo ? html`<code>${task.repo}</code>` : nothing}
          <span>${task.id}</span> <span>by ${task.submittedBy}</span>
          <time>${ago(task.submittedAt)}</time>
          ${task.model ? html`<span>model ${task.model}</span>` : nothing}
        </p>
        ${this.#actions(task)} ${problem(this.error)}
        ${!final.includes(task.state) ? html`<sy-approvals .task=${task.id}></sy-approvals>` : nothing}
        ${task.pendingReason ? html`<p class="problem">${task.pendingReason}</p>` : nothing}
        ${task.failure ? html`<p class="problem">${task.failure.code}: ${task.failure.message}</p>` : nothing}
        ${task.result && !change ? html`<p class="body">${task.result.summary}</p>` : nothing}
        ${checksView(task.result?.checks ?? [])}
        ${reportsView(task.result?.reports, task.result?.metrics)}
        ${change ? html`<sy-change .change=${change}></sy-change>` : nothing}
        <section>
          <h2>Log</h2>
          <sy-log .task=${task.id}></sy-log>
        </section>
        <div class="columns">${attemptList(attempts)} ${artifactList(artifacts)}</div>
      </article>
    `
  }

  #actions(task: Task) {
    const ended = final.includes(task.state)
    return html`<div class="actions">
      ${
        ended
          ? html`<button @click=${() => this.#act('task_retry')}>Run again</button>`
          : html`<button @click=${() => this.#act('task_cancel')}>Cancel</button>`
      }
      ${
        ended || task.state === 'in_review'
          ? nothing
          : html`<form class="message" @submit=${this.#message}>
              <input
                name="body"
                required
                aria-label="Message to the agent"
                placeholder="Message to the agent"
                autocomplete="off"
              /><button>Send</button>
            </form>`
      }
    </div>`
  }

  readonly #message = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    const body = new FormData(form).get('body')
    if (await this.#act('task_message', { body })) form.reset()
  }

  async #act(tool: string, args: Record<string, unknown> = {}): Promise<boolean> {
    this.error = undefined
    try {
      const task = await callTool<{ id?: string }>(tool, { task: this.task, ...args })
      if (task.id && task.id !== this.task) go('tasks', task.id)
      return true
    } catch (error) {
      if (!(error instanceof ToolError)) throw error
      this.error = error
      return false
    }
  }
}

const attemptList = (attempts: Attempt[]) =>
  attempts.length === 0
    ? nothing
    : html`<section>
        <h2>Attempts</h2>
        <ul class="plain">
          ${attempts.map(
            ({ number, state, agent, startedAt, endedAt, failure }) =>
              html`<li>
                ${number}. ${badge(state)}
                <code>${agent}</code> ${duration((endedAt ?? Date.now()) - startedAt)}
                ${failure ? html`<span class="failed">${failure.message.split('\n')[0]}</span>` : nothing}
              </li>`,
          )}
        </ul>
      </section>`

const artifactList = (artifacts: Artifact[]) =>
  artifacts.length === 0
    ? nothing
    : html`<section>
        <h2>Artifacts</h2>
        <ul class="plain">
          ${artifacts.map(
            ({ id, name, sizeBytes, attempt }) =>
              html`<li>
                <a href="/artifacts/${id}" download>${name}</a> ${bytes(sizeBytes)}, attempt
                ${attempt}
              </li>`,
          )}
        </ul>
      </section>`

customElements.define('sy-task', TaskPage)
