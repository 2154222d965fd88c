import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HubClient } from '../../agent/hub-client.ts'
import type {
  Change,
  ChangeComment,
  ChangeReview,
  Mergeable,
  Revision,
} from '../../schemas/change.ts'
import type { ReviewPolicy } from '../../schemas/review-policy.ts'
import type { Attempt, Task } from '../../schemas/task.ts'
import { until } from './hub.ts'

export type Discussed = {
  change: Change
  revisions: Revision[]
  comments: ChangeComment[]
  reviews: ChangeReview[]
  mergeable: Mergeable
  diff: string
}

/** Settings of a hub whose only org reviews like that. */
export function writePolicy(data: string, review: Partial<ReviewPolicy>): void {
  mkdirSync(data, { recursive: true })
  const settings = { allowUnisolated: true, orgs: { default: { review } } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(settings))
}

/** A task that makes the failing test of `makeRepo` pass, by the scripted model. */
export const submitRepair = (
  client: HubClient,
  repo: string,
  more: Record<string, unknown> = {},
): Promise<Task> =>
  client.call<Task>('task_submit', {
    template: 'code',
    repo,
    goal: 'Make the failing test pass',
    model: 'scripted',
    ...more,
  })

export const readTask = (
  client: HubClient,
  task: string,
): Promise<{ task: Task; attempts: Attempt[] }> => client.call('task_read', { task })

/** The one change of a task with all that is said about it; fails when there are several. */
async function readChangeOf(client: HubClient, task: string): Promise<Discussed | undefined> {
  const { items } = await client.call<{ items: Change[] }>('change_list', { task })
  if (items.length > 1) throw new Error(`${task} has ${items.length} changes`)
  return items[0] && client.call('change_read', { change: items[0].id })
}

/** Waits until a task is under review with that many revisions, and returns its change. */
export async function underReview(
  client: HubClient,
  task: string,
  revisions: number,
  patienceMs = 90_000,
): Promise<Discussed> {
  let found: Discussed | undefined
  await until(async () => {
    const { task: now } = await readTask(client, task)
    if (now.state === 'failed') throw new Error(`the task failed: ${now.failure?.message}`)
    found = await readChangeOf(client, task)
    return now.state === 'in_review' && found?.change.revisions === revisions
  }, patienceMs)
  return found! // It holds only when there is one.
}
