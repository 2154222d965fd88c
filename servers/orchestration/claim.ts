import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { Org } from '../../schemas/principal.ts'
import { Isolation, Task } from '../../schemas/task.ts'
import { Tag } from '../../schemas/tag.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import type { Offer } from '../kit/needs.ts'
import { agentLacks, needsOf, ownRunner } from '../kit/needs.ts'
import type { Reader, Transaction } from '../kit/sql.ts'
import { mintToken } from '../kit/store/tokens.ts'
import { defineTool } from '../kit/tool.ts'
import { ensureMayWorkAs, registerAgent } from './agents.ts'
import { attemptEndsAt, timeLeft } from './spent.ts'
import type { AttemptRow } from './store/attempts.ts'
import { readLeaseOfAgent, startAttempt } from './store/attempts.ts'
import type { TaskRow } from './store/task-row.ts'
import { toTask } from './store/task-row.ts'
import { nextDueAt, nextQueuedTask } from './store/queue.ts'
import { findTask } from './store/tasks.ts'
import { turnOf, waitingLine } from './waiting-line.ts'

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
      .regex(
        /^[a-z0-9][a-z0-9-]{2,59}$/,
        'a name is 3 to 60 lower-case letters, digits or dashes, and begins with a letter or digit',
      )
      .describe(
        'Name of this worker, unique and stable while it lives, and not that of a credential',
      ),
    org: Org.optional().describe('Org to work for; default: your own'),
    task: z.string().max(60).optional().describe('Only this task; default: the next in the queue'),
    wait_ms: z.int().min(0).max(50_000).default(0).describe('How long to wait for work'),
    host: z.string().max(200).optional().describe('Machine the agent runs on'),
    tags: z
      .array(Tag)
      .max(50)
      .default([])
      .describe('Tags that the agent offers to tasks which require them'),
    runners: z
      .array(z.string().min(1).max(60))
      .max(20)
      .default([ownRunner])
      .describe('Runners that the agent can do the work with'),
    isolation: Isolation.default('none').describe('How what the agent starts is isolated'),
  },
  output: z.object({ lease: Lease.optional() }),
  run: async (input, ctx) => {
    const { agent, task, wait_ms: waitMs, host, tags, runners, isolation } = input
    await ensureMayWorkAs(ctx, ctx.reader, agent)
    const org = orgFor(ctx, input.org)
    const wanted = ctx.principal.task ?? task
    const offer = { tags, runners, isolation }
    const deadline = ctx.now() + waitMs
    const line = waitingLine(ctx)
    using turn = ctx.store.topics.listen([turnOf(agent)])
    using _place = { [Symbol.dispose]: () => leave(line, agent, org) }
    for (let isHere = false; ; isHere = true) {
      const ids = { attempt: ctx.id('attempt'), token: ctx.id('token') }
      const claimed = { agent, org, wanted, host, offer, ids }
      // Only a claim that will find something is audited; an idle wait leaves no trace.
      const lease = (await findsWork(ctx, claimed)) ? await claim(ctx, claimed) : undefined
      if (lease) return { lease }
      const left = deadline - ctx.now()
      if (left <= 0) return {}
      // Once for each call: many wait, and all of them wake for each task.
      if (!isHere)
        await ctx.store.transaction((tx) => registerAgent(ctx, tx, { id: agent, org, host, offer }))
      const dueAt = (await nextDueAt(ctx.reader, ctx.now())) ?? Infinity
      const pauseMs = Math.min(left, Math.max(20, dueAt - ctx.now()))
      line.join(agent, { org, canTake: (lane) => maySuit(lane, claimed) })
      // For what came since it looked, and for the next in line where this one had its turn in vain.
      await line.advance(org)
      await turn.next(pauseMs, ctx.signal)
    }
  },
})

type Claim = {
  agent: string
  org: string
  wanted: string | undefined
  host: string | undefined
  offer: Offer
  ids: { attempt: string; token: string }
}

const findsWork = async (ctx: Context, claimed: Claim): Promise<boolean> =>
  claimed.wanted !== undefined ||
  (await readLeaseOfAgent(ctx.reader, claimed.agent)) !== undefined ||
  (await nextFor(ctx.reader, claimed, ctx.now())) !== undefined

/** The next task in the queue that the agent may take. */
const nextFor = (reader: Reader, claimed: Claim, now: number) =>
  nextQueuedTask(reader, {
    org: claimed.org,
    now,
    canTake: (lane) => maySuit(lane, claimed),
  })

const maySuit = (lane: string, { agent: id, offer }: Claim): boolean =>
  lane === '' || agentLacks(needsOf(lane), { id, ...offer }).length === 0

/** Whoever has work, or waits no longer, lets the next in line look. */
function leave(line: ReturnType<typeof waitingLine>, agent: string, org: string): void {
  line.leave(agent)
  void line.advance(org)
}

/** Thrown to undo a claim for which others left nothing, so that it leaves no trace either. */
class NothingLeft extends Error {}

async function claim(ctx: Context, claimed: Claim) {
  try {
    return await ctx.transaction((tx) => claimIn(ctx, tx, claimed))
  } catch (error) {
    if (error instanceof NothingLeft) return undefined
    throw error
  }
}

async function claimIn(ctx: Context, tx: Transaction, claimed: Claim) {
  const { agent, wanted, host, offer, ids } = claimed
  const register = (row: TaskRow) =>
    registerAgent(ctx, tx, { id: agent, org: row.org, host, offer, task: row.id })
  const held = await readLeaseOfAgent(tx, agent)
  if (held) {
    const row = await findTask(ctx, tx, held.task)
    await register(row)
    tx.about(row.id)
    return toLease(ctx, tx, row, held, ids.token)
  }
  const id = wanted ?? (await nextFor(tx, claimed, tx.now))
  if (id === undefined) throw new NothingLeft()
  const row = await findTask(ctx, tx, id)
  if (ctx.principal.kind === 'user') assertSuits(row, { id: agent, ...offer })
  await register(row)
  const { leaseMs } = ctx.config
  const endsAt = await attemptEndsAt(ctx, tx, row)
  const { task, attempt } = await startAttempt(tx, row, { id: ids.attempt, agent, leaseMs, endsAt })
  return toLease(ctx, tx, task, attempt, ids.token)
}

/** A task named by a long-lived agent has to be one that it could get; a pod was placed before. */
function assertSuits(row: TaskRow, agent: Offer & { id: string }): void {
  const missing = agentLacks(needsOf(row.lane), agent)
  if (missing.length === 0) return
  throw new HubError(
    'conflict',
    `${agent.id} does not suit task ${row.id}: ${missing.join('; ')}`,
    {
      hint: 'Claim without `task` for the next one that it suits, or offer what is missing.',
    },
  )
}

async function toLease(
  ctx: Context,
  tx: Transaction,
  row: TaskRow,
  attempt: AttemptRow,
  tokenId: string,
) {
  const task = toTask(row)
  const principal: Principal = {
    kind: 'agent',
    id: attempt.agent,
    roles: ['agent'],
    orgs: [row.org],
    task: row.id,
    attempt: attempt.id,
    ...(row.repo === null ? {} : { repo: row.repo }),
    ...reviewedBy(task),
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
    task,
    attempt: attempt.id,
    number: attempt.number,
    fence: attempt.fence,
    leaseMs: ctx.config.leaseMs,
    token,
    logPosition: attempt.log_position,
    ...(timeLeftMs === undefined ? {} : { timeLeftMs }),
  }
}

/** The change that a task of the template `review` is about. */
const reviewedBy = ({ template, params }: Task): Pick<Principal, 'reviews'> =>
  template === 'review' && typeof params.change === 'string' ? { reviews: params.change } : {}
