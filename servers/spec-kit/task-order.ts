import type { TaskLine } from './task-lines.ts'

export type Waiting = { task: TaskLine; ready: boolean; waitsFor: string }

/**
 * Which open tasks may start now. A task waits for the ids it names; for the open tasks before it in
 * its phase, unless both are marked [P] or they name it; and for earlier phases, except that phases of
 * different user stories are independent of one another once what is before the first of them is done.
 */
export function orderTasks(tasks: TaskLine[]): Waiting[] {
  const done = new Set(tasks.filter(({ state }) => state === 'done').map(({ id }) => id))
  return tasks
    .filter(({ state }) => state === 'open')
    .map((task) => {
      const waitsFor = reasonToWait(task, tasks, done)
      return { task, ready: waitsFor === '', waitsFor }
    })
}

function reasonToWait(task: TaskLine, tasks: TaskLine[], done: Set<string>): string {
  const named = task.dependsOn.filter(
    (id) => !done.has(id) && tasks.some((other) => other.id === id),
  )
  if (named.length > 0) return `depends on ${named.join(', ')}`
  const before = tasks.filter((other) => other.line < task.line && other.state !== 'done')
  const samePhase = before.filter((other) => other.phaseLine === task.phaseLine)
  const sequential = samePhase.find(
    (other) => !(task.parallel && other.parallel) && !other.dependsOn.includes(task.id),
  )
  if (sequential) return `comes after ${sequential.id} in its phase`
  const earlier = before.find(
    (other) => other.phaseLine !== task.phaseLine && !areIndependent(task, other),
  )
  return earlier ? `${earlier.id} of "${earlier.phase}" is not done` : ''
}

/** Tasks of user stories that have none in common. A story that a later phase goes on with is one. */
const areIndependent = (task: TaskLine, other: TaskLine): boolean =>
  isStory(task) && isStory(other) && !task.stories.some((story) => other.stories.includes(story))

const isStory = ({ phase, stories }: TaskLine) => stories.length > 0 || /user stor/i.test(phase)
