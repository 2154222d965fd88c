import { HubError } from '../../../schemas/errors.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { TaskFailure, TaskResult, TaskState } from '../../../schemas/task.ts'
import { isTerminal } from '../../../schemas/task.ts'
import type { Authority } from '../../kit/authority.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Reader, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import { recordSubmitter } from '../../kit/store/submitters.ts'
import type { TaskEvent } from '../state.ts'
import { transition } from '../state.ts'
import type { TaskRow } from './task-row.ts'
import { toTask } from './task-row.ts'

export const readTask = (reader: Reader, id: string): Promise<TaskRow | undefined> =>
  reader.get<TaskRow>('SELECT * FROM tasks WHERE id = :id', { id })

/** The task, or not_found, also when the caller may not see it. */
export async function findTask(caller: Authority, reader: Reader, id: string): Promise<TaskRow> {
  const row = await readTask(reader, id)
  if (row && caller.may('row.see', { org: row.org, task: id })) return row
  throw new HubError('not_found', `there is no task ${JSON.stringify(id)}`, {
    hint: 'task_list shows the tasks you may see.',
  })
}

export const readTaskByKey = (
  reader: Reader,
  org: string,
  key: string,
): Promise<TaskRow | undefined> =>
  reader.get<TaskRow>('SELECT * FROM tasks WHERE org = :org AND idempotency_key = :key', {
    org,
    key,
  })

/** One page of tasks, newest first. */
export const listTasks = (
  reader: Reader,
  options: {
    state: TaskState | undefined
    id: string | undefined
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
  },
) => {
  const { state, id, ...rest } = options
  return listNewest<TaskRow, ReturnType<typeof toTask>>(reader, {
    ...rest,
    table: 'tasks',
    filters: { state, id },
    toItem: toTask,
  })
}

/** Whether an org has worked on a repository before. */
export const knowsRepository = async (
  reader: Reader,
  org: string,
  repo: string,
): Promise<boolean> =>
  (await reader.get('SELECT 1 AS known FROM tasks WHERE org = :org AND repo = :repo LIMIT 1', {
    org,
    repo,
  })) !== undefined

/** How many tasks are in each state that is not final. */
export async function countLiveTasks(reader: Reader): Promise<Record<string, number>> {
  const rows = await reader.all<{ state: string; count: number }>(
    'SELECT state, count(*) AS count FROM tasks WHERE finished_at IS NULL GROUP BY state',
  )
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

/** The id of the next task to claim, read from the queue index alone. */
export const nextQueuedTask = async (
  reader: Reader,
  org: string,
  now: number,
): Promise<string | undefined> =>
  (
    await reader.get<{ id: string }>(
      `SELECT id FROM tasks WHERE state = 'queued' AND org = :org AND not_before_at <= :now
       ORDER BY priority DESC, submitted_at, id LIMIT 1`,
      { org, now },
    )
  )?.id

/** When the next task that waits for another attempt becomes due, or undefined when none does. */
export const nextDueAt = async (reader: Reader, now: number): Promise<number | undefined> =>
  (
    await reader.get<{ at: number | null }>(
      `SELECT min(not_before_at) AS at FROM tasks
       WHERE state = 'queued' AND not_before_at > 0 AND not_before_at > :now`,
      { now },
    )
  )?.at ?? undefined

/** The next due tasks of an org in the order of its queue, without those named. */
export const listQueuedTasks = (
  reader: Reader,
  options: { org: string; without: string[]; limit: number; now: number },
): Promise<TaskRow[]> =>
  reader.all<TaskRow>(
    `SELECT * FROM tasks
     WHERE state = 'queued' AND org = :org AND not_before_at <= :now AND id NOT ${anyOf('without')}
     ORDER BY priority DESC, submitted_at, id LIMIT :limit`,
    { ...options, without: JSON.stringify(options.without) },
  )

/** Orgs that have something queued, by jumps over the queue index: a full scan would grow with it. */
export const listQueuedOrgs = async (reader: Reader): Promise<string[]> =>
  (
    await reader.all<{ org: string }>(
      `WITH RECURSIVE orgs (org) AS (
         SELECT min(org) FROM tasks WHERE state = 'queued'
         UNION ALL
         SELECT (SELECT min(org) FROM tasks WHERE state = 'queued' AND org > orgs.org)
         FROM orgs WHERE orgs.org IS NOT NULL
       ) SELECT org FROM orgs WHERE org IS NOT NULL`,
    )
  ).map(({ org }) => org)

export async function insertTask(
  tx: Transaction,
  row: TaskRow,
  submitter: Principal,
): Promise<void> {
  await tx.insert('tasks', row)
  await recordSubmitter(tx, row.id, submitter)
  await announce(tx, row)
}

/** Keeps why a queued task waits; false where it says so already, or waits no more. */
export async function holdTask(tx: Transaction, row: TaskRow, reason: string): Promise<boolean> {
  if (row.state !== 'queued' || row.pending_reason === reason) return false
  const { id, org } = row
  await tx.run('UPDATE tasks SET pending_reason = :reason WHERE id = :id', { id, reason })
  await tx.event({ kind: 'task.held', org, subject: id, task: id, data: { reason } })
  return true
}

type Patch = {
  waitingFor?: 'approval' | 'input' | 'budget'
  result?: TaskResult
  failure?: TaskFailure
  notBeforeAt?: number
  agent?: string
  data?: Record<string, unknown>
}

/** Moves a task by an event and records the event; its counters are taken over from `row`. */
export async function moveTask(
  tx: Transaction,
  row: TaskRow,
  event: TaskEvent,
  patch: Patch = {},
): Promise<TaskRow> {
  const state = transition(row.state, event)
  if (state === undefined) throw refusedMove(row, event)
  const next: TaskRow = {
    ...row,
    state,
    waiting_for: patch.waitingFor ?? null,
    agent: state === 'leased' ? (patch.agent ?? null) : holdsLease(state) ? row.agent : null,
    result: patch.result ? JSON.stringify(patch.result) : row.result,
    failure: patch.failure ? JSON.stringify(patch.failure) : row.failure,
    not_before_at: patch.notBeforeAt ?? row.not_before_at,
    updated_at: tx.now,
    finished_at: isTerminal(state) ? tx.now : null,
    pending_reason: null,
  }
  await tx.run(
    `UPDATE tasks SET state = :state, waiting_for = :waiting_for, agent = :agent, result = :result,
       failure = :failure, not_before_at = :not_before_at, updated_at = :updated_at,
       finished_at = :finished_at, pending_reason = NULL, attempts = :attempts, failures = :failures, fence = :fence
     WHERE id = :id`,
    next,
  )
  await announce(tx, next, patch.data)
  return next
}

/** Ends the pause before a queued task's next attempt. */
export async function makeDue(tx: Transaction, row: TaskRow): Promise<TaskRow> {
  const waits = { pending_reason: null, waiting_for: null }
  const next = { ...row, ...waits, not_before_at: 0, updated_at: tx.now }
  await tx.run(
    `UPDATE tasks SET not_before_at = 0, pending_reason = NULL, waiting_for = NULL,
       updated_at = :updated_at WHERE id = :id`,
    next,
  )
  tx.wake(`queue:${row.org}`)
  tx.about(row.id)
  return next
}

/** The event of a task's present state; also wakes those who wait for work. */
async function announce(
  tx: Transaction,
  row: TaskRow,
  data: Record<string, unknown> = {},
): Promise<void> {
  const { id, org, state, title, template, attempts } = row
  tx.about(id)
  await tx.event({
    kind: `task.${state}`,
    org,
    subject: id,
    task: id,
    data: { state, title, template, attempts, ...data },
  })
  if (state === 'queued') tx.wake(`queue:${org}`)
}

const holdsLease = (state: TaskState) => ['leased', 'running', 'waiting'].includes(state)

const refusedMove = ({ id, state }: TaskRow, event: TaskEvent) =>
  new HubError('conflict', `task ${id} is ${state}, which does not allow ${event}`, {
    hint: isTerminal(state)
      ? 'This state is final; submit a new task, or use task_retry to copy this one.'
      : 'task_read shows what it is doing.',
    details: { state },
  })
