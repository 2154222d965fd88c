import { z } from 'zod'
import { Task } from '../../schemas/task.ts'
import { defineTool } from '../kit/tool.ts'
import { revokePodTokens } from '../kit/tokens.ts'
import type { Tx } from '../kit/tx.ts'
import type { AttemptRow } from './attempt-rows.ts'
import { requireLease } from './attempt-rows.ts'
import { retryDecision } from './state.ts'
import type { TaskRow } from './task-rows.ts'
import { endAttempt, findTask, moveTask, toTask } from './task-rows.ts'

const task = z.string().max(60).describe('Task the lease is for')
const fence = z.int().describe('Fencing number that task_claim returned')

export const taskHeartbeat = defineTool({
  name: 'task_heartbeat',
  title: 'Keep a lease',
  description:
    'Extends the lease of a claimed task and returns messages for the agent. The first one marks the task as running.',
  effect: 'update',
  scope: 'task:work',
  idempotent: true,
  input: { task, fence, messages_after: z.int().default(0).describe('Last message already seen') },
  output: z.object({
    leaseExpiresAt: z.int(),
    messages: z.array(z.object({ seq: z.int(), author: z.string(), body: z.string() })),
  }),
  run: ({ task: id, fence: number, messages_after: after }, ctx) =>
    ctx.write((tx) => {
      const row = findTask(ctx, tx, id)
      const attempt = requireLease(tx, id, number)
      const leaseExpiresAt = tx.now + ctx.config.leaseMs
      const state = attempt.state === 'leased' ? 'running' : attempt.state
      tx.run(
        'UPDATE attempts SET lease_expires_at = :leaseExpiresAt, state = :state WHERE id = :id',
        {
          id: attempt.id,
          leaseExpiresAt,
          state,
        },
      )
      tx.run('UPDATE agents SET last_seen_at = :now WHERE id = :agent', {
        now: tx.now,
        agent: attempt.agent,
      })
      if (row.state === 'leased') moveTask(tx, row, 'start')
      tx.about(id)
      const messages = tx.all<{ seq: number; author: string; body: string }>(
        'SELECT seq, author, body FROM messages WHERE task = :id AND seq > :after ORDER BY seq LIMIT 20',
        { id, after },
      )
      return { leaseExpiresAt, messages }
    }),
})

export const taskRelease = defineTool({
  name: 'task_release',
  title: 'Hand a lease back',
  description:
    'Gives a claimed task back to the queue unfinished, without counting a failure; for agents that have to stop. Use task_report when the work is done or has failed.',
  effect: 'update',
  scope: 'task:work',
  idempotent: true,
  input: { task, fence, reason: z.string().max(500).describe('Why the agent stops') },
  output: Task,
  run: ({ task: id, fence: number, reason }, ctx) =>
    ctx.write((tx) => {
      const row = findTask(ctx, tx, id)
      requireLease(tx, id, number)
      endAttempt(tx, id, 'released', { failure: { code: 'released', message: reason } })
      return toTask(moveTask(tx, row, 'requeue', { data: { reason } }))
    }),
})

export const taskReap = defineTool({
  name: 'task_reap',
  title: 'Take back lost leases',
  description:
    'Ends leases whose agent is gone, either all that have expired or the one of a named task, and queues or fails the tasks by the retry policy. Called by the lease controller.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    task: z
      .string()
      .max(60)
      .optional()
      .describe('Only this task, although its lease has not expired'),
    pod: z.string().max(60).optional().describe('Pod that ended; its credentials end too'),
    reason: z
      .string()
      .max(2000)
      .default('the agent stopped sending heartbeats')
      .describe('What is known'),
  },
  output: z.object({ reaped: z.array(z.string()) }),
  run: ({ task: only, pod, reason }, ctx) =>
    ctx.write((tx) => {
      if (pod !== undefined) revokePodTokens(tx, pod)
      const lost =
        only === undefined
          ? tx.all<AttemptRow>(
              'SELECT * FROM attempts WHERE ended_at IS NULL AND lease_expires_at <= :now LIMIT 200',
              { now: tx.now },
            )
          : tx.all<AttemptRow>('SELECT * FROM attempts WHERE ended_at IS NULL AND task = :only', {
              only,
            })
      for (const attempt of lost) loseLease(tx, findTask(ctx, tx, attempt.task), reason)
      return { reaped: lost.map((attempt) => attempt.task) }
    }),
})

export const leaseGrant = defineTool({
  name: 'lease_grant',
  title: 'Renew all leases',
  description:
    'Gives every live lease its full time again. Called once at start, because agents could not send heartbeats while the hub was down.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {},
  output: z.object({ renewed: z.int() }),
  run: (_input, ctx) =>
    ctx.write((tx) => ({
      renewed: tx.run('UPDATE attempts SET lease_expires_at = :until WHERE ended_at IS NULL', {
        until: tx.now + ctx.config.leaseMs,
      }),
    })),
})

function loseLease(tx: Tx, row: TaskRow, reason: string): void {
  const failure = { code: 'lost', message: reason }
  endAttempt(tx, row.id, 'lost', { failure })
  const decision = retryDecision({
    lost: true,
    retryable: true,
    failures: row.failures,
    attempts: row.attempts,
    maxAttempts: row.max_attempts,
  })
  if (decision.retry) moveTask(tx, row, 'requeue', { data: { reason } })
  else moveTask(tx, row, 'fail', { failure })
}
