import { z } from 'zod'
import { costOf, priceOf } from '../kit/budgets/prices.ts'
import type { Context } from '../kit/context.ts'
import type { Transaction } from '../kit/sql.ts'
import type { Reservation } from '../kit/store/reservations.ts'
import { accountsOf, listLeftReservations, release } from '../kit/store/reservations.ts'
import { addSpent, dropHours } from '../kit/store/spending.ts'
import { defineTool } from '../kit/tool.ts'
import { thisRun } from './metering.ts'
import type { Call } from './store/usage.ts'
import { recordUsage } from './store/usage.ts'

/** What a call came to, as it is told to who settles it. */
export type Used = Pick<
  Call,
  'provider' | 'model' | 'inputTokens' | 'outputTokens' | 'cachedTokens' | 'latencyMs' | 'outcome'
>

const hoursKeptMs = 60 * 24 * 3_600_000

/**
 * Puts on record what a call came to, in the place of what was held back for it: one transaction, so
 * that sums and rows agree whenever the hub is killed. Returns the cost, if the price is known.
 */
export async function settle(
  ctx: Context,
  tx: Transaction,
  reservation: Reservation,
  used: Used,
): Promise<number | undefined> {
  const price = priceOf(ctx.config.file.prices, used.model)
  // A call that failed cost nothing; what one whose answer was lost did cost, nobody can say.
  const ofAnswer = price && used.outcome === 'ok' ? costOf(price, used) : undefined
  const cost = used.outcome === 'failed' ? 0 : ofAnswer
  if (!(await release(tx, reservation))) return cost
  const { id, org, plan, task, principal, hour } = reservation
  await recordUsage(tx, { ...used, id, org, plan, task, principal, cost: cost ?? null })
  if (used.outcome !== 'ok') return cost
  const amount = {
    steps: 1,
    tokens: used.inputTokens + used.outputTokens,
    cost: cost ?? 0,
    unpriced: cost === undefined ? 1 : 0,
  }
  const inHour = { scope: 'org_hour', id: org, period: hour } as const
  await addSpent(tx, [...accountsOf(reservation), inHour], amount)
  await dropHours(tx, org, new Date(tx.now - hoursKeptMs).toISOString().slice(0, 13))
  return cost
}

export const modelRecover = defineTool({
  name: 'model_recover',
  title: 'Settle lost model calls',
  description:
    'Gives back what an earlier run of the hub held for model calls whose answers were lost, and puts them on record as lost. Called once at start.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {},
  output: z.object({ lost: z.int() }),
  run: async (_input, ctx) => {
    let lost = 0
    for (;;) {
      const left = await listLeftReservations(ctx.reader, thisRun)
      if (left.length === 0) return { lost }
      await ctx.transaction(async (tx) => {
        for (const reservation of left)
          await settle(ctx, tx, reservation, {
            provider: 'unknown',
            model: reservation.model,
            inputTokens: 0,
            outputTokens: 0,
            cachedTokens: 0,
            latencyMs: 0,
            outcome: 'lost',
          })
      })
      lost += left.length
    }
  },
})
