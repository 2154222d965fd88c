import { HubError } from '../../../schemas/errors.ts'
import type { Attempt, AttemptState, TaskFailure } from '../../../schemas/task.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { expireAttemptTokens, revokeAttemptTokens } from '../../kit/store/tokens.ts'
import { freeAgent } from './agents.ts'
import { voidTaskApprovals } from './approvals.ts'
import type { TaskRow } from './task-row.ts'
import { moveTask } from './tasks.ts'

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
  /** When its time is over, where it has a budget of time. */
  ends_at: number | null
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
  ...(row.failure === null ? {} : { failure: JSON.parse(row.failure) as TaskFailure }), // By endAttempt.
})

/** The attempt that holds a task's lease, if one does: the database lets there be one at most. */
export const readLease = (reader: Reader, task: string): Promise<AttemptRow | undefined> =>
  reader.get<AttemptRow>('SELECT * FROM attempts WHERE task = :task AND ended_at IS NULL', { task })

/** The attempt that holds the task's lease under this fencing number, or a typed refusal. */
export async function requireLease(
  reader: Reader,
  task: string,
  fence: number,
): Promise<AttemptRow> {
  const live = await readLease(reader, task)
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
export const attemptIsLive = async (reader: Reader, id: string): Promise<boolean> =>
  (await reader.get('SELECT 1 AS live FROM attempts WHERE id = :id AND ended_at IS NULL', {
    id,
  })) !== undefined

/** The attempt whose lease an agent holds. */
export const readLeaseOfAgent = (reader: Reader, agent: string): Promise<AttemptRow | undefined> =>
  reader.get<AttemptRow>('SELECT * FROM attempts WHERE agent = :agent AND ended_at IS NULL', {
    agent,
  })

/** The last attempts of a task, newest first. */
export const listAttempts = (reader: Reader, task: string): Promise<AttemptRow[]> =>
  reader.all<AttemptRow>(
    'SELECT * FROM attempts WHERE task = :task ORDER BY number DESC LIMIT 20',
    { task },
  )

/** Whether the attempt with this fencing number ended by just this report. */
export const wasReported = async (
  reader: Reader,
  { task, fence, digest }: { task: string; fence: number; digest: string },
): Promise<boolean> =>
  (await reader.get(
    `SELECT 1 AS reported FROM attempts
     WHERE task = :task AND fence = :fence AND report_digest = :digest AND ended_at IS NOT NULL`,
    { task, fence, digest },
  )) !== undefined

/** How many attempts of a task ended because its pod was moved: they say nothing of the work. */
export const countEvicted = async (reader: Reader, task: string): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      "SELECT count(*) AS count FROM attempts WHERE task = :task AND state = 'evicted'",
      { task },
    )
  )?.count ?? 0

/** An agent that was told to stop has handed its lease back: says why that was. */
export const markEvicted = (
  tx: Transaction,
  { task, agent, failure }: { task: string; agent: string; failure: TaskFailure },
): Promise<number> =>
  tx.run(
    `UPDATE attempts SET state = 'evicted', failure = :failure
     WHERE task = :task AND agent = :agent AND state = 'released'`,
    { task, agent, failure: JSON.stringify(failure) },
  )

/** When the first of the live leases expires, or undefined when there is none. */
export const nextLeaseExpiry = async (reader: Reader): Promise<number | undefined> =>
  (
    await reader.get<{ at: number | null }>(
      'SELECT min(lease_expires_at) AS at FROM attempts WHERE ended_at IS NULL',
    )
  )?.at ?? undefined

/** Attempts whose lease ran out, a bounded number of them. */
export const listExpiredLeases = (reader: Reader, now: number): Promise<AttemptRow[]> =>
  reader.all<AttemptRow>(
    'SELECT * FROM attempts WHERE ended_at IS NULL AND lease_expires_at <= :now LIMIT 200',
    { now },
  )

/** Leases a task to an agent as its next attempt, under the next fencing number. */
export async function startAttempt(
  tx: Transaction,
  task: TaskRow,
  {
    id,
    agent,
    leaseMs,
    endsAt,
  }: { id: string; agent: string; leaseMs: number; endsAt?: number | undefined },
): Promise<{ task: TaskRow; attempt: AttemptRow }> {
  const number = task.attempts + 1
  const fence = task.fence + 1
  const moved = await moveTask(tx, { ...task, attempts: number, fence }, 'claim', {
    agent,
    data: { agent, attempt: id, number },
  })
  const attempt: AttemptRow = {
    id,
    task: task.id,
    number,
    fence,
    agent,
    state: 'leased',
    lease_expires_at: tx.now + leaseMs,
    log_position: 0,
    started_at: tx.now,
    ended_at: null,
    report_digest: null,
    failure: null,
    ends_at: endsAt ?? null,
  }
  await tx.insert('attempts', attempt)
  return { task: moved, attempt }
}

/** Gives a lease its full time again, which makes its attempt a running one; returns when it expires. */
export async function extendLease(
  tx: Transaction,
  attempt: AttemptRow,
  leaseMs: number,
): Promise<number> {
  const expiresAt = tx.now + leaseMs
  const state: AttemptState = attempt.state === 'leased' ? 'running' : attempt.state
  await tx.run('UPDATE attempts SET lease_expires_at = :expiresAt, state = :state WHERE id = :id', {
    id: attempt.id,
    expiresAt,
    state,
  })
  return expiresAt
}

/** Gives every live lease its full time again; returns how many there are. */
export const extendAllLeases = (tx: Transaction, leaseMs: number): Promise<number> =>
  tx.run('UPDATE attempts SET lease_expires_at = :expiresAt WHERE ended_at IS NULL', {
    expiresAt: tx.now + leaseMs,
  })

/** Records how many log chunks of the attempt are stored. */
export async function saveLogPosition(
  tx: Transaction,
  attempt: string,
  position: number,
): Promise<void> {
  await tx.run('UPDATE attempts SET log_position = :position WHERE id = :attempt', {
    attempt,
    position,
  })
}

/**
 * Ends the attempt that holds the task's lease, if one does, with all that goes with it: its agent is
 * free, its questions are void, and its credentials die at once, or after `graceMs`.
 */
export async function endAttempt(
  tx: Transaction,
  task: string,
  state: Exclude<AttemptState, 'leased' | 'running'>,
  options: { failure?: TaskFailure | undefined; reportDigest?: string; graceMs?: number } = {},
): Promise<void> {
  const live = await readLease(tx, task)
  if (!live) return
  const { failure, reportDigest, graceMs } = options
  await tx.run(
    `UPDATE attempts SET state = :state, ended_at = :now, failure = :failure, report_digest = :digest
     WHERE id = :id`,
    {
      id: live.id,
      state,
      now: tx.now,
      failure: failure ? JSON.stringify(failure) : null,
      digest: reportDigest ?? null,
    },
  )
  await freeAgent(tx, live.agent, task)
  await voidTaskApprovals(tx, task)
  if (graceMs === undefined) await revokeAttemptTokens(tx, live.id)
  else await expireAttemptTokens(tx, live.id, tx.now + graceMs)
}
