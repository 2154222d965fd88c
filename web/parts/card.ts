import { html, nothing } from 'lit'
import type { Task } from '../../schemas/task.ts'
import { words } from '../format.ts'
import { href } from '../route.ts'
import { badge, mark } from './state.ts'
import { since } from './time.ts'

/** What a list says of a task below its title, most telling first. */
export function lineOf({ state, failure, pendingReason, waitingFor }: Task): string {
  if (state === 'failed') return firstLine(failure?.message)
  if (state === 'waiting')
    return waitingFor === 'approval' ? 'waits for an answer' : 'waits for you'
  if (waitingFor === 'budget') return 'what it may spend is spent'
  return pendingReason ?? ''
}

/** A task as a line of a list: state, title, and what matters of it now. */
export const taskRow = (task: Task, params: Record<string, string> = {}, isOpen = false) =>
  html`<a
    class="task-row"
    href=${href('tasks', task.id, params)}
    aria-current=${isOpen ? 'true' : nothing}
  >
    <span class="title">${mark(task.state)}<strong>${task.title}</strong></span>
    <span class="line"
      ><span class="what"
        >${[words(task.state), task.template, repoName(task), lineOf(task)].filter(Boolean).join(' · ')}</span
      >${since(task.updatedAt)}</span
    >
  </a>`

/** A task as a card, wherever one stands alone: on the board, in a chat, in a plan. */
export const taskCard = (task: Task, params: Record<string, string> = {}) =>
  html`<a class="card" href=${href('tasks', task.id, params)}>
    <strong>${task.title}</strong>
    <span class="line"
      >${badge(task.state)} <span>${task.template}</span>${since(task.updatedAt)}</span
    >
    ${task.repo ? html`<span class="line path">${repoName(task)}</span>` : nothing}
    ${lineOf(task) === '' ? nothing : html`<span class="line" data-state=${task.state}>${lineOf(task)}</span>`}
  </a>`

const repoName = ({ repo }: Task) => repo?.split('/').at(-1) ?? ''
const firstLine = (text: string | undefined) => text?.split('\n')[0] ?? ''
