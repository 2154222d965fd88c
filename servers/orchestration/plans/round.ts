import type { Context } from '../../kit/context.ts'
import type { Transaction } from '../../kit/sql.ts'
import type { PlanRow, Tally } from '../store/plans.ts'
import { noSteps } from '../store/plans.ts'

/** A gate that waits to be told whether changes were approved. */
type Asking = { step: string; tasks: string[] }

/** One transaction's work on a plan; the counts are saved once, at its end. */
export type Round = {
  ctx: Context
  tx: Transaction
  plan: PlanRow
  tally: Tally
  started: string[]
  asking: Asking[]
}

export const newRound = (ctx: Context, tx: Transaction, plan: PlanRow): Round => ({
  ctx,
  tx,
  plan,
  tally: noSteps(),
  started: [],
  asking: [],
})
