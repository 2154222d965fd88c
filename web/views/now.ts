import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Approval } from '../../schemas/approval.ts'
import type { Change } from '../../schemas/change.ts'
import type { Capacity } from '../../schemas/cluster.ts'
import type { Task } from '../../schemas/task.ts'
import { askChat } from '../chat/side.ts'
import { PageElement } from '../element.ts'
import { Inbox } from '../inbox.ts'
import { loadPart } from '../load-part.ts'
import { newTask } from '../new-task.ts'
import { askerOf } from '../parts/approval.ts'
import '../parts/approvals.ts'
import { lineOf } from '../parts/card.ts'
import { foldable } from '../parts/foldable.ts'
import { firstSteps } from '../parts/first-steps.ts'
import '../parts/last-line.ts'
import { problem } from '../parts/problem.ts'
import { roomView } from '../parts/room.ts'
import { skeleton } from '../parts/skeleton.ts'
import { mark } from '../parts/state.ts'
import { since } from '../parts/time.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { markAllSeen, markSeen } from '../seen.ts'
import { staleTasks } from '../task-events.ts'
import './now.css'

const shownRunning = 12

/** What needs a person, what runs, what went wrong, and what room is left. */
class Now extends PageElement {
  readonly #inbox = new Inbox(this)
  readonly #active = new Query<{ items: Task[]; next?: string }>(this, () => ({
    tool: 'task_list',
    args: { stage: 'active', limit: shownRunning },
    staleBy: staleTasks('active'),
  }))
  readonly #nodes = new Query<{ items: Capacity[] }>(this, () => ({
    tool: 'node_list',
    staleBy: ({ kind }) => kind.startsWith('pod.'),
  }))
  readonly #models = new Query<{ items: { kind: string }[] }>(this, () => ({ tool: 'model_list' }))
  readonly #any = new Query<{ items: Task[] }>(this, () => ({
    tool: 'task_list',
    args: { limit: 1 },
    everyMs: 1000,
  }))

  override render() {
    return html`<div class="now">
      ${this.#ask()} ${this.#needed()} ${this.#running()} ${this.#room()}
    </div>`
  }

  /** One field for what should be done: said to the assistant, or the goal of a new task. */
  #ask() {
    return html`<form class="ask" @submit=${this.#asked} @keydown=${this.#asTask}>
      <input
        name="goal"
        aria-label="What should be done?"
        aria-describedby="ask-keys"
        placeholder="What should be done?"
        autocomplete="off"
        maxlength="4000"
      />
      ${this.#hasModel ? html`<button class="primary">Ask</button>` : nothing}
      <button value="task">${this.#hasModel ? 'As a task' : 'Start'}</button>
      <span class="visually-hidden" id="ask-keys"
        >${this.#hasModel ? 'Enter asks the assistant' : 'Enter begins a new task'}, Control Enter
        begins a new task, / runs a tool.</span
      >
    </form>`
  }

  /** The scripted model is for trials, and answers nobody who did not choose it. */
  get #hasModel(): boolean {
    return (this.#models.value?.items ?? []).some(({ kind }) => kind !== 'scripted')
  }

  readonly #asTask = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.isComposing || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement // The listener sits on the form.
    form.requestSubmit(form.querySelector<HTMLElement>('[value=task]'))
  }

  readonly #asked = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.target as HTMLFormElement // The listener sits on the form.
    const given = new FormData(form).get('goal')
    const text = typeof given === 'string' ? given.trim() : ''
    const isForAssistant = event.submitter?.getAttribute('value') !== 'task'
    if (text.startsWith('/') || (text !== '' && isForAssistant)) askChat(text)
    else newTask(text)
    form.reset()
  }

  #needed() {
    const { isLoading, error, count, questions, changes, held, failures } = this.#inbox
    if (isLoading) return html`<section>${skeleton(3)}</section>`
    if (this.#any.value?.items.length === 0) return firstSteps()
    if (count === 0)
      return html`<section class="calm" aria-label="Needs you">
        ${problem(error)}
        <h1>Nothing needs you</h1>
        <p>Questions, changes to review and failures are shown here as they come.</p>
      </section>`
    return html`<section aria-label="Needs you">
      <h1>Needs you <span class="count">${count}</span></h1>
      ${problem(error)}
      <ul class="inbox" role="list">
        ${repeat(questions, ({ id }) => id, questionItem)}
        ${repeat(changes, ({ id }) => id, changeItem)} ${repeat(held, ({ id }) => id, heldItem)}
        ${repeat(failures, ({ id }) => id, failureItem)}
      </ul>
      ${
        failures.length > 1
          ? html`<button
              type="button"
              @click=${() => markAllSeen(Math.max(...failures.map(({ finishedAt = 0 }) => finishedAt)))}
            >
              I have seen all ${failures.length} failures
            </button>`
          : nothing
      }
    </section>`
  }

  #running() {
    const { value, error } = this.#active
    const items = value?.items ?? []
    if (value && items.length === 0 && !error) return nothing
    return html`<section aria-label="Running">
      <h2>
        Running
        <span class="count">${value?.next ? `${items.length} and more` : items.length}</span>
      </h2>
      ${problem(error)} ${value ? nothing : skeleton(2)}
      <ul class="running" role="list">
        ${repeat(
          items,
          ({ id }) => id,
          (task) =>
            html`<li>
              <a href=${href('tasks', task.id)}
                >${mark(task.state)}<strong>${task.title}</strong></a
              >
              ${
                task.state === 'waiting'
                  ? html`<span class="last-line">${lineOf(task)}</span>`
                  : html`<sy-last-line .task=${task.id}></sy-last-line>`
              }
              ${since(task.updatedAt)}
            </li>`,
        )}
      </ul>
      ${value?.next ? html`<a href=${href('tasks', undefined, { stage: 'active' })}>All that runs</a>` : nothing}
    </section>`
  }

  #room() {
    const { value, error } = this.#nodes
    if (error?.body.code === 'denied') return nothing // Not everybody may see the machines.
    return html`<section aria-label="Room left">
      <h2>Room left</h2>
      ${problem(error)} ${value ? roomView(value.items) : skeleton(1)}
    </section>`
  }
}

const questionItem = (asked: Approval) =>
  html`<li>
    ${foldable(
      html`${mark('waiting')}<strong>${asked.question}</strong>
        <span class="line">asked by ${askerOf(asked)}</span>
        ${since(asked.askedAt)}`,
      () => html`<sy-approvals .approval=${asked.id}></sy-approvals>`,
    )}
  </li>`

/** What draws a change is much, and few open one here. */
function changeView(id: string) {
  if (!customElements.get('sy-change')) void loadPart(() => import('../parts/change.ts'))
  return html`<sy-change .change=${id}></sy-change>`
}

const changeItem = ({ id, title, target, revisions, updatedAt, waiting }: Change) =>
  html`<li>
    ${foldable(
      html`${mark('in_review')}<strong>${title}</strong>
        <span class="line"
          >review, revision ${revisions} for ${target}${waiting ? `, ${waiting}` : ''}</span
        >
        ${since(updatedAt)}`,
      () => changeView(id),
    )}
  </li>`

const heldItem = (task: Task) =>
  html`<li>
    <a href=${href('tasks', task.id)}
      >${mark('waiting')}<strong>${task.title}</strong>
      <span class="line">${lineOf(task)}: raise its budget or cancel it</span>
      ${since(task.updatedAt)}</a
    >
  </li>`

const failureItem = (task: Task) =>
  html`<li>
    <a href=${href('tasks', task.id)}
      >${mark('failed')}<strong>${task.title}</strong>
      <span class="line failed">${lineOf(task)}</span>
      ${since(task.updatedAt)}</a
    >
    <button type="button" aria-label="Seen: ${task.title}" @click=${() => markSeen(task.id)}>
      Seen
    </button>
  </li>`

customElements.define('sy-page-now', Now)
