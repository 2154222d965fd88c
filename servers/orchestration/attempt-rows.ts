import { HubError } from '../../schemas/errors.ts'
import type { Attempt, AttemptState, TaskFailure } from '../../schemas/task.ts'
import type { Store } from '../kit/store.ts'
import type { Row, Tx } from '../kit/tx.ts'

/** A row of `attempts`. */
export type AttemptRow = Row & {
  id: string
  task: string
  number: number
  fence: number
  agent: string
  state: AttemptState
  lease_expires_at: number
  log_position: number
  started_at: number
  ended_at: number | null
  report_digest: string | null
  failure: string | null
}

export const toAttempt = (row: AttemptRow): Attempt => ({
  id: row.id,
  task: row.task,
  number: row.number,
  fence: row.fence,
  agent: row.agent,
  state: row.state,
  leaseExpiresAt: row.lease_expires_at,
  startedAt: row.started_at,
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  ...(row.failure === null ? {} : { failure: JSON.parse(row.failure) as TaskFailure }), // Ours.
})

/** The attempt that holds the task's lease under this fencing number, or a typed refusal. */
export function requireLease(tx: Pick<Tx, 'get'>, task: string, fence: number): AttemptRow {
  const live = tx.get<AttemptRow>(
    'SELECT * FROM attempts WHERE task = :task AND ended_at IS NULL',
    { task },
  )
  if (live?.fence === fence) return live
  throw new HubError(
    'conflict',
    `fencing number ${fence} no longer holds the lease of task ${task}`,
    {
      hint: 'Another attempt has it, or the task ended. Stop working on it and claim again.',
      details: { staleFence: fence, currentFence: live?.fence ?? null },
    },
  )
}

/** Whether an agent's credential still has a live attempt behind it. */
export const attemptIsLive = (store: Store, attempt: string): boolean =>
  store.get('SELECT 1 AS live FROM attempts WHERE id = :attempt AND ended_at IS NULL', {
    attempt,
  }) !== undefined
