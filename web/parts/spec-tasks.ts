import { html, nothing } from 'lit'
import type { SpecTask } from '../../schemas/spec.ts'
import { PageElement } from '../element.ts'
import type { ToolError } from '../mcp.ts'
import { callTool, toolError } from '../mcp.ts'
import { Query } from '../query.ts'
import { problem } from './problem.ts'
import './spec-start.ts'
import type { Work } from './spec-work.ts'
import { workLink } from './spec-work.ts'

export type SpecTasks = {
  etag: string
  items: SpecTask[]
  total: number
  duplicates: { id: string; lines: number[] }[]
  unparsed: { line: number; text: string }[]
}
type Next = { ready: SpecTask[]; waiting: { id: string; line: number; waitsFor: string }[] }

/** The tasks of a feature by phase: what is done, what can start, what waits and for what. */
class SpecTaskList extends PageElement {
  static override properties = {
    of: { attribute: false },
    list: { attribute: false },
    work: { attribute: false },
    mayWrite: { attribute: false },
    mayStart: { attribute: false },
    open: { state: true },
    error: { state: true },
  }
  declare of: { repo: string; project: string; feature: string }
  declare list: SpecTasks
  declare work: Work
  declare mayWrite: boolean
  declare mayStart: boolean
  /** Line whose form is open, and which. */
  declare open: { line: number; form: 'tick' | 'start' } | undefined
  declare error: ToolError | undefined
  readonly #next = new Query<Next>(this, () => ({
    tool: 'spec_task_next',
    args: { ...this.of, limit: 100 },
    staleBy: ({ kind }) => kind.startsWith('spec.') || kind === 'change.merged',
  }))

  override render() {
    const { items, total, unparsed, duplicates } = this.list
    const phases = [...new Set(items.map(({ phase }) => phase))]
    return html`${problem(this.error)}
    ${phases.map((phase) => {
      const tasks = items.filter((task) => task.phase === phase)
      const done = tasks.filter(({ state }) => state === 'done').length
      return html`<section aria-label=${phase || 'Tasks'}>
        <h3>${phase || 'Tasks'} <span class="count">${done} of ${tasks.length}</span></h3>
        <ul class="spec-tasks">
          ${tasks.map((task) => this.#task(task))}
        </ul>
      </section>`
    })}
    ${total > items.length ? html`<p class="empty">${total - items.length} more are in tasks.md.</p>` : nothing}
    ${duplicates.map(({ id, lines }) => html`<p class="line warn">${id} stands on the lines ${lines.join(', ')}: give each an id of its own.</p>`)}
    ${unparsed.length > 0 ? html`<p class="line">No box can be ticked on ${unparsed.length === 1 ? 'line' : 'lines'} ${unparsed.map(({ line }) => line).join(', ')}.</p>` : nothing}`
  }

  #task(task: SpecTask) {
    const { id, line, state, parallel, stories, text } = task
    const next = this.#next.value
    const waitsFor = next?.waiting.find((one) => one.line === line)?.waitsFor
    const isReady = next?.ready.some((one) => one.line === line) === true
    const hasWork = this.work.has(id)
    const form = this.open?.line === line ? this.open.form : undefined
    return html`<li data-state=${state}>
      <div class="spec-task">
        <input
          type="checkbox"
          aria-label=${`${id} done`}
          .checked=${state === 'done'}
          .indeterminate=${state === 'other'}
          ?disabled=${!this.mayWrite}
          @click=${(event: Event) => this.#clicked(event, task)}
        />
        <span class="task-id">${id}</span>
        <span class="text"
          >${text}
          <small
            >${parallel ? html`<span title="Can be done beside others marked [P]">[P]</span>` : nothing}
            ${stories.join(' ')} ${state === 'other' ? `set aside with [${task.mark}]` : nothing}
            ${waitsFor ? html`waits: ${waitsFor}` : isReady ? 'can start' : nothing}</small
          ></span
        >
        ${hasWork ? html`<span class="work">${workLink(this.work.get(id))}</span>` : nothing}
        ${
          this.mayStart && isReady
            ? html`<button
                aria-expanded=${form === 'start'}
                aria-label=${`Start ${id}`}
                @click=${() => this.#toggle(line, 'start')}
              >
                Start
              </button>`
            : nothing
        }
      </div>
      ${form === 'tick' ? this.#evidence(task) : nothing}
      ${form === 'start' ? html`<sy-spec-start .of=${this.of} .task=${{ id, text }} @close=${() => (this.open = undefined)}></sy-spec-start>` : nothing}
    </li>`
  }

  #evidence(task: SpecTask) {
    return html`<form class="panel" @submit=${(event: SubmitEvent) => this.#done(event, task)}>
      <label
        ><span>What was checked, and how</span
        ><input
          name="note"
          required
          minlength="10"
          maxlength="2000"
          autocomplete="off"
          autofocus
        /><small>A task is not done without evidence; it is kept in the audit trail.</small></label
      >
      <div class="actions">
        <button type="button" @click=${() => (this.open = undefined)}>Cancel</button>
        <button class="primary">Mark ${task.id} done</button>
      </div>
    </form>`
  }

  #toggle(line: number, form: 'tick' | 'start'): void {
    const isOpen = this.open?.line === line && this.open.form === form
    this.open = isOpen ? undefined : { line, form }
    void this.updateComplete.then(() =>
      this.querySelector<HTMLElement>('.panel :is(input, select)')?.focus(),
    )
  }

  #clicked(event: Event, task: SpecTask): void {
    event.preventDefault() // The box follows the file.
    if (task.state === 'done') void this.#set(task, { state: 'open' })
    else this.#toggle(task.line, 'tick')
  }

  async #done(event: SubmitEvent, task: SpecTask): Promise<void> {
    event.preventDefault()
    const note = new FormData(event.target as HTMLFormElement).get('note') // The listener sits on it.
    if (await this.#set(task, { state: 'done', evidence: { note } })) this.open = undefined
  }

  async #set({ id, line }: SpecTask, change: Record<string, unknown>): Promise<boolean> {
    this.error = undefined
    try {
      await callTool('spec_task_update', {
        ...this.of,
        tasks: [id],
        line,
        if_match: this.list.etag,
        ...change,
      })
      return true
    } catch (error) {
      this.error = toolError(error)
      return false
    }
  }
}

customElements.define('sy-spec-tasks', SpecTaskList)
