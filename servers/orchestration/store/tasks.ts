import { HubError } from '../../../schemas/errors.ts'
import type {
  TaskFailure,
  TaskResult,
  TaskStage,
  TaskState,
  TaskWait,
} from '../../../schemas/task.ts'
import { isTerminal } from '../../../schemas/task.ts'
import type { Authority } from '../../kit/authority.ts'
import type { Submitter } from '../../kit/clusters.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Reader, Transaction } from '../../kit/sql.ts'
import { recordSubmitter } from '../../kit/store/submitters.ts'
import type { TaskEvent } from '../state.ts'
import { transition } from '../state.ts'
import { endTaskGrants } from './approval-grants.ts'
import type { TaskRow } from './task-row.ts'
import { toTask } from './task-row.ts'

export const readTask = (reader: Reader, id: string): Promise<TaskRow | undefined> =>
  reader.get<TaskRow>('SELECT * FROM tasks WHERE id = :id', { id })

/** The task, or not_found, also when the caller may not see it. */
export async function findTask(caller: Authority, reader: Reader, id: string): Promise<TaskRow> {
  const row = await readTask(reader, id)
  if (row && caller.may('row.see', { org: row.org, task: id })) return row
  throw notFound(id)
}

/** Likewise, for what only looks at a task or ends it: an agent may do that to those it submitted. */
export async function findRelated(caller: Authority, reader: Reader, id: string): Promise<TaskRow> {
  const row = await readTask(reader, id)
  const parent = row?.parent ?? undefined
  if (row && caller.may('row.see', { org: row.org, task: id, parent })) return row
  throw notFound(id)
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
    stage: TaskStage | undefined
    wait: TaskWait | undefined
    /** What the title contains, or the id is. */
    text: string | undefined
    template: string | undefined
    id: string | undefined
    plan: string | undefined
    parent: string | undefined
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
  },
) => {
  const { state, stage, wait, text, template, id, plan, parent, ...rest } = options
  const also = [
    ...(stage === undefined ? [] : [stageConditions[stage]]),
    ...(wait === undefined ? [] : [waitConditions[wait]]),
    ...(text === undefined ? [] : [textCondition]),
  ].join(' AND ')
  return listNewest<TaskRow, ReturnType<typeof toTask>>(reader, {
    ...rest,
    table: 'tasks',
    filters: { state, template, id, plan, parent },
    ...(also === '' ? {} : { also }),
    ...(text === undefined ? {} : { values: { text, pattern: `%${literal(text)}%` } }),
    toItem: toTask,
  })
}

// What is not final is few, which the index of live tasks holds.
const stageConditions: Record<TaskStage, string> = {
  pending: "finished_at IS NULL AND state IN ('blocked', 'queued')",
  active: "finished_at IS NULL AND state IN ('leased', 'running', 'waiting')",
  review: "finished_at IS NULL AND state = 'in_review'",
  failed: "state = 'failed'",
  done: "state IN ('succeeded', 'canceled')",
}

// Written out, so that the index of tasks without a budget and that of live ones are used.
const waitConditions: Record<TaskWait, string> = {
  approval: "finished_at IS NULL AND waiting_for = 'approval'",
  input: "finished_at IS NULL AND waiting_for = 'input'",
  budget: "waiting_for = 'budget'",
}

const textCondition = "(lower(title) LIKE lower(:pattern) ESCAPE '!' OR id = :text)"

/** A text as a pattern that only matches itself. */
const literal = (text: string) => text.replace(/[!%_]/g, '!$&')

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

export async function insertTask(
  tx: Transaction,
  row: TaskRow,
  submitter: Submitter,
): Promise<void> {
  await tx.insert('tasks', row)
  // Nobody knows on whose authority tasks of older stores run, so neither of what their agents submit.
  if (submitter !== 'unknown') await recordSubmitter(tx, row.id, submitter)
  await announce(tx, row)
}

type Patch = {
  waitingFor?: TaskWait
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
    // What an earlier attempt failed of says nothing about work that is done.
    failure: patch.failure ? JSON.stringify(patch.failure) : isDone(state) ? null : row.failure,
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
  if (isTerminal(state)) await endTaskGrants(tx, row.id)
  await announce(tx, next, patch.data)
  return next
}

/** The event of a task's present state; also wakes those who wait for work. */
async function announce(
  tx: Transaction,
  row: TaskRow,
  data: Record<string, unknown> = {},
): Promise<void> {
  const { id, org, state, title, template, attempts, plan, step } = row
  const place = plan === null ? {} : { plan, step }
  tx.about(id)
  await tx.event({
    kind: `task.${state}`,
    org,
    subject: id,
    task: id,
    data: { state, title, template, attempts, ...place, ...data },
  })
  if (state === 'queued') tx.wake(`queue:${org}`)
}

const notFound = (id: string) =>
  new HubError('not_found', `there is no task ${JSON.stringify(id)}`, {
    hint: 'task_list shows the tasks you may see.',
  })

const isDone = (state: TaskState) => state === 'in_review' || state === 'succeeded'

const holdsLease = (state: TaskState) => ['leased', 'running', 'waiting'].includes(state)

const refusedMove = ({ id, state }: TaskRow, event: TaskEvent) =>
  new HubError('conflict', `task ${id} is ${state}, which does not allow ${event}`, {
    hint: isTerminal(state)
      ? 'This state is final; submit a new task, or use task_retry to copy this one.'
      : 'task_read shows what it is doing.',
    details: { state },
  })
