import { HubError } from '../../schemas/errors.ts'
import type { Isolation, Task, TaskFailure, TaskResult, TaskState } from '../../schemas/task.ts'
import { Resources, isTerminal } from '../../schemas/task.ts'
import type { Context } from '../kit/context.ts'
import { maySee } from '../kit/context.ts'
import type { Row, Tx } from '../kit/tx.ts'
import { revokeAttemptTokens } from '../kit/tokens.ts'
import type { TaskEvent } from './state.ts'
import { transition } from './state.ts'

/** A row of `tasks`, which this file owns. JSON columns are text that `task-rows` wrote. */
export type TaskRow = Row & {
  id: string
  org: string
  title: string
  template: string
  params: string
  repo: string | null
  state: TaskState
  waiting_for: 'approval' | 'input' | null
  priority: number
  attempts: number
  failures: number
  max_attempts: number
  fence: number
  resources: string
  isolation: Isolation | null
  timeout_ms: number
  model: string | null
  parent: string | null
  retry_of: string | null
  idempotency_key: string | null
  request_digest: string
  submitted_by: string
  agent: string | null
  result: string | null
  failure: string | null
  submitted_at: number
  updated_at: number
  finished_at: number | null
  not_before_at: number
  pending_reason: string | null
}

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    org: row.org,
    title: row.title,
    template: row.template,
    params: JSON.parse(row.params) as Record<string, unknown>, // Written by task_submit.
    ...(row.repo === null ? {} : { repo: row.repo }),
    state: row.state,
    ...(row.pending_reason === null ? {} : { pendingReason: row.pending_reason }),
    ...(row.waiting_for === null ? {} : { waitingFor: row.waiting_for }),
    priority: row.priority,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
    resources: Resources.parse(JSON.parse(row.resources)),
    ...(row.isolation === null ? {} : { isolation: row.isolation }),
    timeoutMs: row.timeout_ms,
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.parent === null ? {} : { parent: row.parent }),
    ...(row.retry_of === null ? {} : { retryOf: row.retry_of }),
    submittedBy: row.submitted_by,
    ...(row.agent === null ? {} : { agent: row.agent }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) as TaskResult }), // By task_report.
    ...(row.failure === null ? {} : { failure: JSON.parse(row.failure) as TaskFailure }), // Likewise.
    submittedAt: row.submitted_at,
    updatedAt: row.updated_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    ...(row.not_before_at > row.updated_at ? { notBeforeAt: row.not_before_at } : {}),
  }
}

type Reader = Pick<Tx, 'get'>

/** The task, or not_found, also when it belongs to an org the caller may not see. */
export function findTask(ctx: Context, reader: Reader, id: string): TaskRow {
  const row = reader.get<TaskRow>('SELECT * FROM tasks WHERE id = :id', { id })
  const bound = ctx.principal.task
  if (row && maySee(ctx, row.org) && (bound === undefined || bound === id)) return row
  throw new HubError('not_found', `there is no task ${JSON.stringify(id)}`, {
    hint: 'task_list shows the tasks you may see.',
  })
}

type Patch = {
  waitingFor?: 'approval' | 'input'
  result?: TaskResult
  failure?: TaskFailure
  notBeforeAt?: number
  agent?: string
  data?: Record<string, unknown>
}

/** Moves a task by an event, with everything that goes with the new state, and says so durably. */
export function moveTask(tx: Tx, row: TaskRow, event: TaskEvent, patch: Patch = {}): TaskRow {
  const state = transition(row.state, event)
  if (state === undefined) {
    throw new HubError(
      'conflict',
      `task ${row.id} is ${row.state}, which does not allow ${event}`,
      {
        hint: isTerminal(row.state)
          ? 'This state is final; submit a new task, or use task_retry to copy this one.'
          : 'task_read shows what it is doing.',
        details: { state: row.state },
      },
    )
  }
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
  tx.run(
    `UPDATE tasks SET state = :state, waiting_for = :waiting_for, agent = :agent, result = :result,
       failure = :failure, not_before_at = :not_before_at, updated_at = :updated_at,
       finished_at = :finished_at, pending_reason = NULL, attempts = :attempts, failures = :failures, fence = :fence
     WHERE id = :id`,
    pick(next),
  )
  announce(tx, next, patch.data)
  return next
}

/** The event of a task's present state; also wakes those who wait for work. */
export function announce(tx: Tx, row: TaskRow, data: Record<string, unknown> = {}): void {
  tx.about(row.id)
  tx.event({
    kind: `task.${row.state}`,
    org: row.org,
    subject: row.id,
    task: row.id,
    data: {
      state: row.state,
      title: row.title,
      template: row.template,
      attempts: row.attempts,
      ...data,
    },
  })
  if (row.state === 'queued') tx.wake(`queue:${row.org}`)
}

/** Ends the live attempt, if there is one. Its credentials die with it unless `graceMs` is given. */
export function endAttempt(
  tx: Tx,
  task: string,
  state: 'succeeded' | 'failed' | 'lost' | 'released' | 'canceled',
  options: { failure?: TaskFailure | undefined; reportDigest?: string; graceMs?: number } = {},
): void {
  const live = tx.get<Row & { id: string; agent: string }>(
    'SELECT id, agent FROM attempts WHERE task = :task AND ended_at IS NULL',
    { task },
  )
  if (!live) return
  tx.run(
    `UPDATE attempts SET state = :state, ended_at = :now, failure = :failure, report_digest = :digest
     WHERE id = :id`,
    {
      id: live.id,
      state,
      now: tx.now,
      failure: options.failure ? JSON.stringify(options.failure) : null,
      digest: options.reportDigest ?? null,
    },
  )
  tx.run(
    `UPDATE agents SET task = NULL, state = CASE kind WHEN 'pod' THEN 'retired' ELSE 'idle' END,
       retired_at = CASE kind WHEN 'pod' THEN :now ELSE NULL END
     WHERE id = :agent AND task = :task`,
    { agent: live.agent, task, now: tx.now },
  )
  tx.run(`UPDATE approvals SET state = 'void' WHERE task = :task AND state = 'pending'`, { task })
  if (options.graceMs === undefined) return revokeAttemptTokens(tx, live.id)
  const expiresAt = tx.now + options.graceMs
  tx.run('UPDATE tokens SET expires_at = :expiresAt WHERE attempt = :id', {
    id: live.id,
    expiresAt,
  })
  tx.wake('tokens')
}

const holdsLease = (state: TaskState) => ['leased', 'running', 'waiting'].includes(state)

const pick = (row: TaskRow) => ({
  id: row.id,
  state: row.state,
  waiting_for: row.waiting_for,
  agent: row.agent,
  result: row.result,
  failure: row.failure,
  not_before_at: row.not_before_at,
  updated_at: row.updated_at,
  finished_at: row.finished_at,
  attempts: row.attempts,
  failures: row.failures,
  fence: row.fence,
})
