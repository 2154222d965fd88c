import { z } from 'zod'
import type { Principal } from '../../schemas/principal.ts'
import { Org } from '../../schemas/principal.ts'
import { Task } from '../../schemas/task.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import type { Transaction } from '../kit/sql.ts'
import { mintToken } from '../kit/store/tokens.ts'
import { defineTool } from '../kit/tool.ts'
import { registerAgent } from './agents.ts'
import { attemptEndsAt, timeLeft } from './spent.ts'
import { readAgent } from './store/agents.ts'
import type { AttemptRow } from './store/attempts.ts'
import { readLeaseOfAgent, startAttempt } from './store/attempts.ts'
import type { TaskRow } from './store/task-row.ts'
import { toTask } from './store/task-row.ts'
import { findTask, nextDueAt, nextQueuedTask } from './store/tasks.ts'

const Lease = z.object({
  task: Task,
  attempt: z.string(),
  number: z.int(),
  fence: z.int().describe('Send it with every call about this attempt'),
  leaseMs: z.int().describe('Send a heartbeat well within this time'),
  token: z.string().describe('Credential of this attempt; it dies with the lease'),
  logPosition: z.int().describe('Log chunks of this attempt that are stored already'),
  timeLeftMs: z.int().optional().describe('What is left of the time that the task may take'),
})

export const taskClaim = defineTool({
  name: 'task_claim',
  title: 'Claim a task',
  description:
    'Takes the next queued task of an org under a lease, waiting up to `wait_ms` for one, and returns a credential for that attempt. Claiming again with the same agent returns the lease it already holds.',
  effect: 'update',
  scope: 'task:work',
  idempotent: true,
  input: {
    agent: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{2,59}$/)
      .describe('Name of this worker, unique and stable while it lives'),
    org: Org.optional().describe('Org to work for; default: your own'),
    task: z.string().max(60).optional().describe('Only this task; default: the next in the queue'),
    wait_ms: z.int().min(0).max(50_000).default(0).describe('How long to wait for work'),
    host: z.string().max(200).optional().describe('Machine the agent runs on'),
  },
  output: z.object({ lease: Lease.optional() }),
  run: async ({ agent, org: asked, task, wait_ms: waitMs, host }, ctx) => {
    const known = await readAgent(ctx.reader, agent)
    ctx.ensure('agent.work', { agent, owner: known?.principal })
    const org = orgFor(ctx, asked)
    const wanted = ctx.principal.task ?? task
    const deadline = ctx.now() + waitMs
    using queue = ctx.store.topics.listen([`queue:${org}`])
    for (;;) {
      const ids = { attempt: ctx.id('attempt'), token: ctx.id('token') }
      const claimed = { agent, org, wanted, host, ids }
      // Only a claim that will find something is audited; an idle wait leaves no trace.
      if (await findsWork(ctx, claimed)) {
        const lease = await ctx.transaction((tx) => claim(ctx, tx, claimed))
        if (lease) return { lease }
      }
      const left = deadline - ctx.now()
      if (left <= 0) return {}
      await ctx.store.transaction((tx) => registerAgent(ctx, tx, { id: agent, org, host }))
      const dueAt = (await nextDueAt(ctx.reader, ctx.now())) ?? Infinity
      const pauseMs = Math.min(left, Math.max(20, dueAt - ctx.now()))
      await queue.next(pauseMs, ctx.signal)
    }
  },
})

type Claim = {
  agent: string
  org: string
  wanted: string | undefined
  host: string | undefined
  ids: { attempt: string; token: string }
}

const findsWork = async (ctx: Context, { agent, org, wanted }: Claim): Promise<boolean> =>
  wanted !== undefined ||
  (await readLeaseOfAgent(ctx.reader, agent)) !== undefined ||
  (await nextQueuedTask(ctx.reader, org, ctx.now())) !== undefined

async function claim(ctx: Context, tx: Transaction, { agent, org, wanted, host, ids }: Claim) {
  const register = (row: TaskRow) =>
    registerAgent(ctx, tx, { id: agent, org: row.org, host, task: row.id })
  const held = await readLeaseOfAgent(tx, agent)
  if (held) {
    const row = await findTask(ctx, tx, held.task)
    await register(row)
    tx.about(row.id)
    return toLease(ctx, tx, row, held, ids.token)
  }
  const id = wanted ?? (await nextQueuedTask(tx, org, tx.now))
  if (id === undefined) return undefined
  const row = await findTask(ctx, tx, id)
  await register(row)
  const { leaseMs } = ctx.config
  const endsAt = await attemptEndsAt(ctx, tx, row)
  const { task, attempt } = await startAttempt(tx, row, { id: ids.attempt, agent, leaseMs, endsAt })
  return toLease(ctx, tx, task, attempt, ids.token)
}

async function toLease(
  ctx: Context,
  tx: Transaction,
  row: TaskRow,
  attempt: AttemptRow,
  tokenId: string,
) {
  const principal: Principal = {
    kind: 'agent',
    id: attempt.agent,
    roles: ['agent'],
    orgs: [row.org],
    task: row.id,
    attempt: attempt.id,
    ...(row.repo === null ? {} : { repo: row.repo }),
  }
  const token = await mintToken(tx, {
    id: tokenId,
    purpose: 'access',
    principal,
    label: `attempt ${attempt.number} of ${row.id}`,
    attempt: attempt.id,
  })
  const timeLeftMs = await timeLeft(tx, row)
  return {
    task: toTask(row),
    attempt: attempt.id,
    number: attempt.number,
    fence: attempt.fence,
    leaseMs: ctx.config.leaseMs,
    token,
    logPosition: attempt.log_position,
    ...(timeLeftMs === undefined ? {} : { timeLeftMs }),
  }
}
