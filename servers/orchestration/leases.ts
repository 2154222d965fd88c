import { z } from 'zod'
import { Task } from '../../schemas/task.ts'
import { defineTool } from '../kit/tool.ts'
import type { Transaction } from '../kit/sql.ts'
import { revokePodTokens } from '../kit/store/tokens.ts'
import { failOrRetry } from './failures.ts'
import { retryDecision } from './state.ts'
import { touchAgent } from './store/agents.ts'
import {
  countEvicted,
  endAttempt,
  extendAllLeases,
  extendLease,
  listExpiredLeases,
  markEvicted,
  readLease,
  requireLease,
} from './store/attempts.ts'
import { listMessages } from './store/messages.ts'
import type { TaskRow } from './store/task-row.ts'
import { toTask } from './store/task-row.ts'
import { findTask, moveTask } from './store/tasks.ts'

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
    messages: z.array(
      z.object({ seq: z.int(), author: z.string(), body: z.string(), interrupt: z.boolean() }),
    ),
  }),
  run: ({ task: id, fence: number, messages_after: after }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await findTask(ctx, tx, id)
      const attempt = await requireLease(tx, id, number)
      const leaseExpiresAt = await extendLease(tx, attempt, ctx.config.leaseMs)
      await touchAgent(tx, attempt.agent)
      if (row.state === 'leased') await moveTask(tx, row, 'start')
      tx.about(id)
      return { leaseExpiresAt, messages: await listMessages(tx, id, after) }
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
    ctx.transaction(async (tx) => {
      const row = await findTask(ctx, tx, id)
      await requireLease(tx, id, number)
      await endAttempt(tx, id, 'released', { failure: { code: 'released', message: reason } })
      return toTask(await moveTask(tx, row, 'requeue', { data: { reason } }))
    }),
})

export const taskReap = defineTool({
  name: 'task_reap',
  title: 'Take back lost leases',
  description:
    'Ends leases whose agent is gone, either all that have expired or the one of a named task, and queues or fails the tasks by the retry policy; what was evicted is always queued. Called by the lease controller.',
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
    over_limit: z
      .boolean()
      .default(false)
      .describe('Whether it ended for using more than its task may, which counts as a failure'),
    reason: z
      .string()
      .max(2000)
      .default('the agent stopped sending heartbeats')
      .describe('What is known'),
    evicted: z.boolean().default(false).describe('Whether the pod was moved away'),
  },
  output: z.object({ reaped: z.array(z.string()) }),
  run: ({ task: only, pod, over_limit: limit, reason, evicted }, ctx) =>
    ctx.transaction(async (tx) => {
      if (pod !== undefined) await revokePodTokens(tx, pod)
      if (evicted && only !== undefined && pod !== undefined)
        return { reaped: await evict(tx, await findTask(ctx, tx, only), { pod, reason }) }
      const named = only === undefined ? undefined : await readLease(tx, only)
      const expired = only === undefined ? await listExpiredLeases(tx, tx.now) : []
      const reaped = [...(named ? [named] : expired)].map((attempt) => attempt.task)
      for (const lost of reaped)
        await loseLease(tx, await findTask(ctx, tx, lost), { reason, limit })
      return { reaped }
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
    ctx.transaction(async (tx) => ({ renewed: await extendAllLeases(tx, ctx.config.leaseMs) })),
})

/** An agent that vanished is nobody's failure; work that takes more than it was given would do so again. */
async function loseLease(
  tx: Transaction,
  row: TaskRow,
  { reason, limit }: { reason: string; limit: boolean },
): Promise<void> {
  const failure = limit
    ? { code: 'limit', message: `${reason}. \`resources\` and \`timeout_ms\` of the task set it` }
    : { code: 'lost', message: reason }
  await endAttempt(tx, row.id, limit ? 'failed' : 'lost', { failure })
  if (limit) return void (await failOrRetry(tx, row, { failure, retryable: true }))
  const decision = retryDecision({
    lost: true,
    retryable: true,
    failures: row.failures,
    attempts: row.attempts - (await countEvicted(tx, row.id)),
    maxAttempts: row.max_attempts,
  })
  if (decision.retry) await moveTask(tx, row, 'requeue', { data: { reason } })
  else await moveTask(tx, row, 'fail', { failure })
}

/** Ends the attempt of a pod that was moved away: nobody has failed, so its task always goes on. */
async function evict(
  tx: Transaction,
  row: TaskRow,
  { pod, reason }: { pod: string; reason: string },
): Promise<string[]> {
  const failure = { code: 'evicted', message: reason }
  const agent = `agent-${pod}`
  tx.about(row.id)
  if ((await readLease(tx, row.id))?.agent !== agent) {
    await markEvicted(tx, { task: row.id, agent, failure })
    return []
  }
  await endAttempt(tx, row.id, 'evicted', { failure })
  await moveTask(tx, row, 'requeue', { data: { reason, evicted: true } })
  return [row.id]
}
