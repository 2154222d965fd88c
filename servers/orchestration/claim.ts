import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { Org } from '../../schemas/principal.ts'
import { Task } from '../../schemas/task.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { mintToken } from '../kit/tokens.ts'
import { defineTool } from '../kit/tool.ts'
import type { Tx } from '../kit/tx.ts'
import { assertAgentName, registerAgent } from './agents.ts'
import type { AttemptRow } from './attempt-rows.ts'
import type { TaskRow } from './task-rows.ts'
import { findTask, moveTask, toTask } from './task-rows.ts'

const Lease = z.object({
  task: Task,
  attempt: z.string(),
  number: z.int(),
  fence: z.int().describe('Send it with every call about this attempt'),
  leaseMs: z.int().describe('Send a heartbeat well within this time'),
  token: z.string().describe('Credential of this attempt; it dies with the lease'),
  logPosition: z.int().describe('Log chunks of this attempt that are stored already'),
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
    assertOwnName(ctx.principal, agent)
    const org = orgFor(ctx, asked)
    const wanted = ctx.principal.task ?? task
    const deadline = ctx.now() + waitMs
    for (;;) {
      const ids = { attempt: ctx.id('attempt'), token: ctx.id('token') }
      const now = ctx.now()
      // Only a claim that will find something is a write; an idle wait leaves no trace.
      const worth =
        wanted !== undefined || holdsLease(ctx, agent) || nextQueued(ctx.store, org, now)
      if (worth) {
        const lease = await ctx.write((tx) => claim(ctx, tx, { agent, org, wanted, host, ids }))
        if (lease) return { lease }
      }
      const left = deadline - ctx.now()
      if (left <= 0) return {}
      await ctx.store.write((tx) =>
        registerAgent(tx, { id: agent, org, principal: ctx.principal, host }),
      )
      const soon = nextDueAt(ctx, ctx.now()) ?? undefined
      const pause = soon === undefined ? left : Math.min(left, Math.max(20, soon - ctx.now()))
      await ctx.store.topics.wait([`queue:${org}`], pause, ctx.signal)
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

function claim(ctx: Context, tx: Tx, { agent, org, wanted, host, ids }: Claim) {
  assertAgentName(tx, agent, ctx.principal)
  const held = tx.get<AttemptRow>(
    'SELECT * FROM attempts WHERE agent = :agent AND ended_at IS NULL',
    { agent },
  )
  if (held) {
    const row = findTask(ctx, tx, held.task)
    registerAgent(tx, { id: agent, org: row.org, principal: ctx.principal, host, task: row.id })
    tx.about(row.id)
    return toLease(ctx, tx, row, held, ids.token)
  }
  const row =
    wanted === undefined ? readQueued(tx, nextQueued(tx, org, tx.now)) : findTask(ctx, tx, wanted)
  if (!row) return undefined
  registerAgent(tx, { id: agent, org: row.org, principal: ctx.principal, host, task: row.id })
  const counted = { ...row, attempts: row.attempts + 1, fence: row.fence + 1 }
  const moved = moveTask(tx, counted, 'claim', {
    agent,
    data: { agent, attempt: ids.attempt, number: counted.attempts },
  })
  const attempt: AttemptRow = {
    id: ids.attempt,
    task: row.id,
    number: moved.attempts,
    fence: moved.fence,
    agent,
    state: 'leased',
    lease_expires_at: tx.now + ctx.config.leaseMs,
    log_position: 0,
    started_at: tx.now,
    ended_at: null,
    report_digest: null,
    failure: null,
  }
  tx.run(
    `INSERT INTO attempts (id, task, number, fence, agent, state, lease_expires_at, started_at)
     VALUES (:id, :task, :number, :fence, :agent, :state, :lease_expires_at, :started_at)`,
    {
      id: attempt.id,
      task: attempt.task,
      number: attempt.number,
      fence: attempt.fence,
      agent,
      state: attempt.state,
      lease_expires_at: attempt.lease_expires_at,
      started_at: attempt.started_at,
    },
  )
  return toLease(ctx, tx, moved, attempt, ids.token)
}

function toLease(ctx: Context, tx: Tx, row: TaskRow, attempt: AttemptRow, tokenId: string) {
  const principal: Principal = {
    kind: 'agent',
    id: attempt.agent,
    roles: ['agent'],
    orgs: [row.org],
    task: row.id,
    attempt: attempt.id,
    ...(row.repo === null ? {} : { repo: row.repo }),
  }
  const token = mintToken(tx, {
    id: tokenId,
    purpose: 'access',
    principal,
    label: `attempt ${attempt.number} of ${row.id}`,
    attempt: attempt.id,
  })
  return {
    task: toTask(row),
    attempt: attempt.id,
    number: attempt.number,
    fence: attempt.fence,
    leaseMs: ctx.config.leaseMs,
    token,
    logPosition: attempt.log_position,
  }
}

type Reader = Pick<Tx, 'get'>

/** The id of the next task to claim, read from the queue index alone. */
const nextQueued = (reader: Reader, org: string, now: number) =>
  reader.get<{ id: string }>(
    `SELECT id FROM tasks WHERE state = 'queued' AND org = :org AND not_before_at <= :now
     ORDER BY priority DESC, submitted_at, id LIMIT 1`,
    { org, now },
  )?.id

const readQueued = (tx: Tx, id: string | undefined) =>
  id === undefined ? undefined : tx.get<TaskRow>('SELECT * FROM tasks WHERE id = :id', { id })

const holdsLease = (ctx: Context, agent: string) =>
  ctx.store.get('SELECT 1 AS held FROM attempts WHERE agent = :agent AND ended_at IS NULL', {
    agent,
  }) !== undefined

/** When a task that waits for its next attempt becomes due, if any does. */
const nextDueAt = (ctx: Context, now: number) =>
  ctx.store.get<{ at: number | null }>(
    `SELECT min(not_before_at) AS at FROM tasks
     WHERE state = 'queued' AND not_before_at > 0 AND not_before_at > :now`,
    { now },
  )?.at

function assertOwnName(principal: Principal, agent: string): void {
  if (principal.kind !== 'agent' || principal.id === agent) return
  throw new HubError('denied', `the credential of ${principal.id} cannot claim as ${agent}`)
}
