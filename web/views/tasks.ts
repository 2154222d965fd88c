import { html } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Task } from '../../schemas/task.ts'
import { PageElement } from '../element.ts'
import { ago } from '../format.ts'
import { problem } from '../parts/problem.ts'
import '../parts/questions-notice.ts'
import { badge } from '../parts/state.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import './task.ts'

const columns: { name: string; states: Task['state'][]; empty: string }[] = [
  { name: 'Waiting to start', states: ['blocked', 'queued'], empty: 'Nothing is queued.' },
  { name: 'In work', states: ['leased', 'running', 'waiting'], empty: 'No agent is at work.' },
  { name: 'In review', states: ['in_review'], empty: 'Nothing waits for you.' },
  { name: 'Done', states: ['succeeded', 'failed', 'canceled'], empty: 'Nothing is finished yet.' },
]

/** All tasks by where they stand, or the one that is open. */
class Tasks extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #tasks = new Query<{ items: Task[]; next?: string }>(this, () => ({
    tool: 'task_list',
    args: { limit: 200 },
  }))

  override render() {
    if (this.thing !== undefined) return html`<sy-task .task=${this.thing}></sy-task>`
    const { value, error } = this.#tasks
    if (!value) return error ? problem(error) : html`<p class="empty">Loading…</p>`
    return html`
      <h1 class="visually-hidden">Tasks</h1>
      ${problem(error)}
      <sy-questions-notice></sy-questions-notice>
      <div class="board">
        ${columns.map(({ name, states, empty }) => {
          const tasks = value.items.filter((task) => states.includes(task.state))
          return html`<section aria-label=${name}>
            <h2>${name} <span class="count">${tasks.length}</span></h2>
            ${tasks.length === 0 ? html`<p class="empty">${empty}</p>` : ''}
            <ul>
              ${repeat(tasks, (task) => task.id, card)}
            </ul>
          </section>`
        })}
      </div>
      ${value.next ? html`<p class="empty">Older tasks are not shown; <code>task_list</code> has them.</p>` : ''}
    `
  }
}

const card = (task: Task) =>
  html`<li>
    <a class="card" href=${href('tasks', task.id)}>
      <strong>${task.title}</strong>
      <span class="line"
        >${badge(task.state)} <span>${task.template}</span>
        <time>${ago(task.updatedAt)}</time></span
      >
      ${task.repo ? html`<span class="line path">${task.repo.split('/').at(-1)}</span>` : ''}
      ${task.state === 'failed' && task.failure ? html`<span class="line failed">${task.failure.message.split('\n')[0]}</span>` : ''}
    </a>
  </li>`

customElements.define('sy-page-tasks', Tasks)
