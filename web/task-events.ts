import type { Event } from '../schemas/event.ts'
import type { TaskStage } from '../schemas/task.ts'

/** What no listing of tasks shows. */
const unlisted = ['task.progress', 'task.message']
/** What changes a task where it stands. */
const inPlace = ['task.held', 'task.freed']

/** Events that bring a task into a stage, take it out of there, or change it there. */
const byStage: Record<TaskStage, (event: Event) => boolean> = {
  pending: ({ kind }) =>
    [...inPlace, 'task.blocked', 'task.queued', 'task.leased', ...ends].includes(kind),
  // A task that was only just submitted comes from nowhere; one that goes back had an attempt.
  active: (event) =>
    ['task.leased', 'task.running', 'task.waiting', 'task.in_review', ...ends].includes(
      event.kind,
    ) || isBack(event),
  review: (event) => ['task.in_review', ...ends].includes(event.kind) || isBack(event),
  failed: ({ kind }) => kind === 'task.failed',
  done: ({ kind }) => kind === 'task.succeeded' || kind === 'task.canceled',
}
const ends = ['task.succeeded', 'task.failed', 'task.canceled']

const isBack = ({ kind, data }: Event) => kind === 'task.queued' && data.attempts !== 0

/** Whether an event makes a listing of tasks stale, or one of those in a stage. */
export const staleTasks = (stage?: TaskStage) => (event: Event) =>
  stage === undefined
    ? event.kind.startsWith('task.') && !unlisted.includes(event.kind)
    : byStage[stage](event)
