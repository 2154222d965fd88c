import type { StepState } from '../../../schemas/plan.ts'
import { stepStates } from '../../../schemas/plan.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import type { StepRow } from './plan-steps.ts'
import type { Tally } from './plans.ts'
import { noSteps } from './plans.ts'

// What changes many steps of a plan at once: a statement each, however many they are. CROSS JOIN has
// SQLite go from what is reached along its edges; by itself it may go over all edges of the plan for each.

/** Steps that were not begun, and depend on one through others that were not. */
const notBegunAfter = `number IN (
  WITH RECURSIVE reached (number) AS (
    SELECT step.number FROM plan_edges CROSS JOIN plan_steps step
    WHERE plan_edges.plan = :plan AND plan_edges.source = :number
      AND step.plan = :plan AND step.number = plan_edges.target
      AND step.state IN ('waiting', 'ready')
    UNION
    SELECT step.number FROM reached CROSS JOIN plan_edges CROSS JOIN plan_steps step
    WHERE plan_edges.plan = :plan AND plan_edges.source = reached.number
      AND step.plan = :plan AND step.number = plan_edges.target
      AND step.state IN ('waiting', 'ready')
  ) SELECT number FROM reached)`

type Left = { state: 'skipped' | 'canceled'; reason: string }

/** Leaves out what depends on a step that did not come, as far as it was not begun. */
export const leaveOutAfter = (
  tx: Transaction,
  tally: Tally,
  { plan, number }: StepRow,
  left: Left,
): Promise<void> => leaveOut(tx, tally, { plan, number }, left, notBegunAfter)

/** Leaves out all that was not begun. */
export const leaveOutAll = (
  tx: Transaction,
  tally: Tally,
  plan: string,
  left: Left,
): Promise<void> => leaveOut(tx, tally, { plan }, left, `state IN ('waiting', 'ready')`)

/** Leaves out those of the steps that were not begun. */
export const leaveOutAmong = (
  tx: Transaction,
  tally: Tally,
  plan: string,
  numbers: number[],
  left: Left,
): Promise<void> =>
  leaveOut(
    tx,
    tally,
    { plan, numbers: JSON.stringify(numbers) },
    left,
    `number ${anyOf('numbers')}`,
  )

async function leaveOut(
  tx: Transaction,
  tally: Tally,
  which: { plan: string; number?: number; numbers?: string },
  left: Left,
  condition: string,
): Promise<void> {
  const reached = { ...which, ...left, now: tx.now }
  const ready = await tx.all<Row & { number: number }>(
    `SELECT number FROM plan_steps WHERE plan = :plan AND state = 'ready' AND ${condition}`,
    which,
  )
  const changed = await tx.run(
    `UPDATE plan_steps SET state = :state, reason = :reason, updated_at = :now
     WHERE plan = :plan AND state IN ('waiting', 'ready') AND ${condition}`,
    reached,
  )
  tally.ready -= ready.length
  tally.waiting -= changed - ready.length
  tally[left.state] += changed
}

/** All that depends on a step, and itself, by number; what a subtree is. */
export const listSubtree = async (
  reader: Reader,
  plan: string,
  number: number,
): Promise<number[]> =>
  (
    await reader.all<Row & { number: number }>(
      `WITH RECURSIVE reached (number) AS (
         SELECT number FROM plan_steps WHERE plan = :plan AND number = :number
         UNION
         SELECT plan_edges.target FROM reached CROSS JOIN plan_edges
         WHERE plan_edges.plan = :plan AND plan_edges.source = reached.number
       ) SELECT number FROM reached ORDER BY number`,
      { plan, number },
    )
  ).map((row) => row.number)

/** Those of the steps that are in one of the states, in order. */
export const listAmong = (
  reader: Reader,
  plan: string,
  numbers: number[] | undefined,
  states: StepState[],
): Promise<StepRow[]> =>
  reader.all<StepRow>(
    `SELECT * FROM plan_steps WHERE plan = :plan AND state ${anyOf('states')}
     ${numbers === undefined ? '' : `AND number ${anyOf('numbers')}`} ORDER BY number`,
    {
      plan,
      states: JSON.stringify(states),
      ...(numbers === undefined ? {} : { numbers: JSON.stringify(numbers) }),
    },
  )

/**
 * Has steps wait for another run, with everything that they wait for counted anew, and returns the
 * counts of the whole plan.
 */
export async function resetSteps(tx: Transaction, plan: string, numbers: number[]): Promise<Tally> {
  const now = tx.now
  await tx.run(
    `UPDATE plan_steps SET state = 'waiting', proposed = 0, task = NULL, approval = NULL,
       reason = NULL, updated_at = :now
     WHERE plan = :plan AND number ${anyOf('numbers')}`,
    { plan, numbers: JSON.stringify(numbers), now },
  )
  // What needs a step that ended badly and does not run again cannot begin.
  await tx.run(
    `UPDATE plan_steps SET state = 'skipped', reason = 'a step that it needs did not come',
       updated_at = :now
     WHERE plan = :plan AND state = 'waiting' AND number IN (
       WITH RECURSIVE blocked (number) AS (
         SELECT plan_edges.target FROM plan_steps bad CROSS JOIN plan_edges
         WHERE bad.plan = :plan AND bad.state IN ('failed', 'canceled', 'skipped')
           AND plan_edges.plan = :plan AND plan_edges.source = bad.number
         UNION
         SELECT plan_edges.target FROM blocked CROSS JOIN plan_edges
         WHERE plan_edges.plan = :plan AND plan_edges.source = blocked.number
       ) SELECT number FROM blocked)`,
    { plan, now },
  )
  await tx.run(
    `UPDATE plan_steps SET waits_for = (
       SELECT count(*) FROM plan_edges CROSS JOIN plan_steps needed
       WHERE plan_edges.plan = plan_steps.plan AND plan_edges.target = plan_steps.number
         AND needed.plan = plan_edges.plan AND needed.number = plan_edges.source
         AND needed.state <> 'succeeded' AND NOT (plan_edges.early = 1 AND needed.proposed = 1))
     WHERE plan = :plan AND state = 'waiting'`,
    { plan },
  )
  await tx.run(
    `UPDATE plan_steps SET state = 'ready', updated_at = :now
     WHERE plan = :plan AND state = 'waiting' AND waits_for = 0`,
    { plan, now },
  )
  return countSteps(tx, plan)
}

/** How many steps of a plan are in each state, counted from themselves. */
export async function countSteps(reader: Reader, plan: string): Promise<Tally> {
  const rows = await reader.all<Row & { state: StepState; count: number }>(
    'SELECT state, count(*) AS count FROM plan_steps WHERE plan = :plan GROUP BY state',
    { plan },
  )
  const tally = noSteps()
  for (const { state, count } of rows) tally[state] = count
  return tally
}

/** What has to be added to the counts that a plan has to make them these. */
export function differenceTo(wanted: Tally, now: Tally): Tally {
  const tally = noSteps()
  for (const state of stepStates) tally[state] = wanted[state] - now[state]
  return tally
}
