import { html, nothing } from 'lit'
import type { Task } from '../../schemas/task.ts'
import { ago, words } from '../format.ts'

const columns: [string, string[]][] = [
  ['To do', ['blocked', 'queued']],
  ['Running', ['leased', 'running']],
  ['Review', ['in_review']],
  ['Failed', ['failed', 'canceled']],
  ['Done', ['succeeded']],
]

/** Tasks as a board: a column for each stage that has some. */
export const board = ({ items }: { items: Task[] }) =>
  html`<div class="board">
    ${columns.map(([title, states]) => {
      const tasks = items.filter(({ state }) => states.includes(state))
      if (tasks.length === 0) return nothing
      return html`<section>
        <h2>${title} <span class="soft">${tasks.length}</span></h2>
        ${tasks.map(
          (task) =>
            html`<article>
              <b class="state" data-state=${task.state}>${words(task.state)}</b>
              <p>${task.title}</p>
              <p class="soft">${task.template}, ${ago(task.updatedAt)}</p>
            </article>`,
        )}
      </section>`
    })}
    ${items.length === 0 ? html`<p class="soft">There are no tasks.</p>` : nothing}
  </div>`
