import { html, nothing } from 'lit'
import type { Attempt, Task } from '../../schemas/task.ts'
import { ago, duration, words } from '../format.ts'

type Output = { task: Task; attempts: Attempt[]; children: unknown[] }

/** One task as a card: its state, what it is to do, how its attempts went. */
export const taskCard = ({ task, attempts, children }: Output) =>
  html`<article>
    <h1>
      <b class="state" data-state=${task.state}>${words(task.state)}</b>
      ${task.title}
    </h1>
    <p class="soft">
      ${task.template} for ${task.org}, submitted by ${task.submittedBy} ${ago(task.submittedAt)}
      ${task.agent ? html`, worked on by ${task.agent}` : nothing}
    </p>
    ${task.pendingReason ? html`<p>${task.pendingReason}</p>` : nothing}
    ${task.failure ? html`<p class="failed">${task.failure.message}</p>` : nothing}
    ${task.result?.summary ? html`<p>${task.result.summary}</p>` : nothing}
    ${
      attempts.length === 0
        ? nothing
        : html`<ol>
            ${attempts.map(
              ({ number, state, agent, startedAt, endedAt }) =>
                html`<li>
                  <b class="state" data-state=${state}>${words(state)}</b> attempt ${number} by
                  ${agent}
                  <span class="soft"
                    >${endedAt === undefined ? ago(startedAt) : duration(endedAt - startedAt)}</span
                  >
                </li>`,
            )}
          </ol>`
    }
    ${children.length > 0 ? html`<p class="soft">${children.length} tasks of its own</p>` : nothing}
    <p class="soft"><code>${task.id}</code></p>
  </article>`
