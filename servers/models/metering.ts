import { randomUUID } from 'node:crypto'
import type { Price } from '../../schemas/budget.ts'
import { HubError } from '../../schemas/errors.ts'
import type { TaskBudget } from '../../schemas/task.ts'
import { admit } from '../kit/budgets/admission.ts'
import { priceOf } from '../kit/budgets/prices.ts'
import type { Subject, Window } from '../kit/budgets/windows.ts'
import { limitedWindows, zoneOf } from '../kit/budgets/windows.ts'
import type { Context } from '../kit/context.ts'
import type { Transaction } from '../kit/sql.ts'
import { orgFor } from '../kit/context.ts'
import { withLock } from '../kit/locks.ts'
import type { Reservation } from '../kit/store/reservations.ts'
import { reserve, spendingTopic } from '../kit/store/reservations.ts'
import { readTaskAccount } from '../kit/store/task-accounts.ts'
import { dayAt } from '../kit/zones.ts'
import { spentError } from './spent.ts'

/** Marks the reservations of this process; what bears another mark was left by one that is gone. */
export const thisRun = randomUUID()

/** What is held back for an answer whose length the caller left open. */
const defaultOutputTokens = 8192
const longestWaitMs = 60_000

/** A call that may be made: what is held back for it, and how long its answer may be. */
export type Permit = {
  reservation: Reservation
  /** The candidates that may be asked under the budgets. */
  candidates: string[]
  /** Undefined where no budget limits it and the caller did not. */
  maxOutputTokens: number | undefined
}

type Asked = { candidates: string[]; inputTokens: number; maxOutputTokens: number | undefined }

/**
 * Holds back what a call can come to at most, under every budget that it counts for, before it is made.
 * Where only other calls under way are in the way, it waits for them, after those of its task that
 * wait already.
 */
export async function permit(ctx: Context, asked: Asked): Promise<Permit> {
  const payer = await payerOf(ctx)
  const { org, task = '' } = payer.subject
  const first = await ask(ctx, payer, asked)
  if (first !== undefined) return first
  return withLock(`spending ${ctx.dataDir} ${org} ${task}`, async () => {
    const deadline = ctx.now() + longestWaitMs
    using released = ctx.store.topics.listen([spendingTopic(org)])
    for (;;) {
      const made = await ask(ctx, payer, asked)
      if (made !== undefined) return made
      const leftMs = deadline - ctx.now()
      if (leftMs <= 0) throw crowded(payer.subject)
      await released.next(leftMs, ctx.signal)
    }
  })
}

/** The permit, or undefined while other calls hold back what is left. */
async function ask(
  ctx: Context,
  { subject, submitted }: Payer,
  { candidates: all, inputTokens, maxOutputTokens }: Asked,
): Promise<Permit | undefined> {
  const { config } = ctx
  const made = await ctx.store.transaction(async (tx) => {
    const windows = await limitedWindows(tx, { config, subject, submitted, now: tx.now })
    const { candidates, price } = affordable(windows, all, config.file.prices)
    const outputTokens = maxOutputTokens ?? defaultOutputTokens
    const admission = admit(windows, { inputTokens, outputTokens, price })
    if (admission.kind !== 'admit') return admission
    const { tokens, cost } = admission
    const reservation = {
      ...newReservation(ctx, subject, candidates[0] ?? 'default', tx.now),
      ...{ tokens, cost },
    }
    await reserve(tx, reservation)
    const isLimited = windows.some(
      ({ limits }) => limits.tokens !== undefined || limits.costUsd !== undefined,
    )
    const most = isLimited ? admission.outputTokens : maxOutputTokens
    return { kind: 'permit' as const, reservation, candidates, maxOutputTokens: most }
  })
  if (made.kind === 'spent') throw spentError(made.line, config.file.orgs[subject.org]?.onSpent)
  return made.kind === 'permit' ? made : undefined
}

/** A call that was made elsewhere and is only told of, under the accounts it counts for. */
export async function toldCall(ctx: Context, tx: Transaction, model: string): Promise<Reservation> {
  const { subject } = await payerOf(ctx)
  const reservation = { ...newReservation(ctx, subject, model, tx.now), tokens: 0, cost: 0 }
  await reserve(tx, reservation)
  return reservation
}

type Payer = { subject: Subject; submitted: TaskBudget }

/** For whom a call counts: the task of the caller with its plan, and the org. */
async function payerOf(ctx: Context): Promise<Payer> {
  const { task } = ctx.principal
  const account = task === undefined ? undefined : await readTaskAccount(ctx.reader, task)
  const org = account?.org ?? orgFor(ctx, undefined)
  const subject: Subject = { org, plan: account?.plan, task }
  return { subject, submitted: account?.budget ?? {} }
}

/**
 * The candidates that a budget of money allows, and the dearest of their prices. One of unknown price
 * is left out where money is limited: nobody could say when the limit is reached.
 */
function affordable(
  windows: Window[],
  all: string[],
  prices: Record<string, Price>,
): { candidates: string[]; price: Price | undefined } {
  const limited = windows.find(({ limits }) => limits.costUsd !== undefined)
  const known = all.flatMap((model) => {
    const price = priceOf(prices, model)
    return price ? [{ model, price }] : []
  })
  if (!limited) return { candidates: all, price: dearest(known.map(({ price }) => price)) }
  if (known.length > 0 || all.length === 0)
    return {
      candidates: known.map(({ model }) => model),
      price: dearest(known.map(({ price }) => price)),
    }
  throw new HubError(
    'invalid',
    `the price of ${all.join(', ')} is not known, and the ${limited.scope} ${limited.id} has a budget of money`,
    {
      hint: 'Name the price under `prices` in switchyard.json, as inputUsd and outputUsd for a million tokens; or set a budget of tokens or steps with budget_set.',
      details: { scope: limited.scope, id: limited.id, models: all },
    },
  )
}

function dearest([first, ...rest]: Price[]): Price | undefined {
  return rest.reduce<Price | undefined>(
    (most, price) =>
      most && {
        inputUsd: Math.max(most.inputUsd, price.inputUsd),
        outputUsd: Math.max(most.outputUsd, price.outputUsd),
      },
    first,
  )
}

function newReservation(
  ctx: Context,
  { org, plan, task }: Subject,
  model: string,
  now: number,
): Reservation {
  const day = dayAt(zoneOf(ctx.config, org), now)
  return {
    id: ctx.id('usage'),
    run: thisRun,
    org,
    day,
    month: day.slice(0, 7),
    hour: new Date(now).toISOString().slice(0, 13),
    plan: plan ?? null,
    task: task ?? null,
    principal: ctx.principal.id,
    model,
    tokens: 0,
    cost: 0,
    at: now,
  }
}

const crowded = ({ org }: Subject) =>
  new HubError('unavailable', `other model calls of ${org} hold back what is left of its budget`, {
    hint: 'Send the call again when they have ended.',
  })
