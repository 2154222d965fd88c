import type { Gate, StepState } from '../../../schemas/plan.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import type { Tally } from './plans.ts'

// CROSS JOIN has SQLite go along the edges of the one step, not over all steps in a state.

type StepColumns = {
  plan: string
  number: number
  name: string
  title: string
  level: number
  state: StepState
  waits_for: number
  /** 1 once the gates after it were told of a result that is in review. */
  proposed: number
  run: number
  retries_left: number
  on_failure: 'continue' | 'stop'
  task: string | null
  approval: string | null
  reason: string | null
  updated_at: number
  is_gate: number
  gate: string | null
  request: string | null
}
export type StepRow = Row & StepColumns
/** A step of a plan that is about to be stored. */
export type NewStep = Omit<StepColumns, 'plan' | 'updated_at'>

export const gateOf = (row: { gate: string | null }): Gate | undefined =>
  row.gate === null ? undefined : (JSON.parse(row.gate) as Gate) // Written by insertGraph's callers.

export const insertStep = (tx: Transaction, row: StepRow): Promise<void> =>
  tx.insert('plan_steps', row)

/** Removes some steps of a plan, and returns how many. */
export const dropSteps = (tx: Transaction, plan: string, count: number): Promise<number> =>
  tx.run(
    `DELETE FROM plan_steps WHERE plan = :plan AND number IN
       (SELECT number FROM plan_steps WHERE plan = :plan ORDER BY number LIMIT :count)`,
    { plan, count },
  )

export const readStep = (
  reader: Reader,
  plan: string,
  name: string,
): Promise<StepRow | undefined> =>
  reader.get<StepRow>('SELECT * FROM plan_steps WHERE plan = :plan AND name = :name', {
    plan,
    name,
  })

export const readStepOfApproval = (
  reader: Reader,
  approval: string,
): Promise<StepRow | undefined> =>
  reader.get<StepRow>('SELECT * FROM plan_steps WHERE approval = :approval', { approval })

/** Steps in the order they were given, from after a number. */
export const listSteps = (
  reader: Reader,
  options: { plan: string; states: StepState[] | undefined; after: number; limit: number },
): Promise<StepRow[]> => {
  const { states, ...rest } = options
  return reader.all<StepRow>(
    `SELECT * FROM plan_steps WHERE plan = :plan AND number > :after
       ${states === undefined ? '' : `AND state ${anyOf('states')}`}
     ORDER BY number LIMIT :limit`,
    states === undefined ? rest : { ...rest, states: JSON.stringify(states) },
  )
}

/** Gates that may be opened. */
export const listReadyGates = (reader: Reader, plan: string, limit: number): Promise<StepRow[]> =>
  reader.all<StepRow>(
    `SELECT * FROM plan_steps WHERE plan = :plan AND state = 'ready' AND is_gate = 1
     ORDER BY number LIMIT :limit`,
    { plan, limit },
  )

/** Steps whose task may be made. */
export const listReadySteps = (reader: Reader, plan: string, limit: number): Promise<StepRow[]> =>
  reader.all<StepRow>(
    `SELECT * FROM plan_steps WHERE plan = :plan AND state = 'ready' AND is_gate = 0
     ORDER BY number LIMIT :limit`,
    { plan, limit },
  )

/** The steps that a step needs. */
export const listSources = (
  reader: Reader,
  plan: string,
  target: number,
  limit: number,
): Promise<StepRow[]> =>
  reader.all<StepRow>(
    `SELECT step.* FROM plan_edges CROSS JOIN plan_steps step
     WHERE step.plan = plan_edges.plan AND step.number = plan_edges.source
       AND plan_edges.plan = :plan AND plan_edges.target = :target
     ORDER BY plan_edges.source LIMIT :limit`,
    { plan, target, limit },
  )

/** Gates right after a step that wait for somebody or something. */
export const listHeldGates = (reader: Reader, plan: string, source: number): Promise<StepRow[]> =>
  reader.all<StepRow>(
    `SELECT step.* FROM plan_edges CROSS JOIN plan_steps step
     WHERE step.plan = plan_edges.plan AND step.number = plan_edges.target
       AND plan_edges.plan = :plan AND plan_edges.source = :source
       AND step.is_gate = 1 AND step.state = 'held'
     ORDER BY step.number LIMIT 200`,
    { plan, source },
  )

/** Moves one step, and counts it. What `patch` leaves out stays. */
export async function moveStep(
  tx: Transaction,
  tally: Tally,
  row: StepRow,
  patch: Partial<StepRow> & { state: StepState },
): Promise<StepRow> {
  const next: StepRow = { ...row, reason: null, ...patch, updated_at: tx.now }
  const changed = await tx.run(
    `UPDATE plan_steps SET state = :state, proposed = :proposed, run = :run, task = :task,
       retries_left = :retries_left, approval = :approval, reason = :reason,
       updated_at = :updated_at
     WHERE plan = :plan AND number = :number AND state = :before`,
    { ...next, before: row.state },
  )
  if (changed === 0) throw new Error(`step ${row.name} of ${row.plan} is not ${row.state}`)
  tally[row.state]--
  tally[next.state]++
  return next
}

/**
 * Tells the steps right after one that it lets them go on. `early` are the gates that look at a
 * result in review; at the end all others are told, and those too unless they were before.
 */
export async function releaseAfter(
  tx: Transaction,
  tally: Tally,
  { plan, number }: StepRow,
  edges: { early: boolean; final: boolean },
): Promise<void> {
  const kinds = JSON.stringify([...(edges.early ? [1] : []), ...(edges.final ? [0] : [])])
  const after = { plan, number, kinds }
  await tx.run(
    `UPDATE plan_steps SET waits_for = waits_for - 1
     WHERE plan = :plan AND state = 'waiting' AND number IN (
       SELECT target FROM plan_edges
       WHERE plan = :plan AND source = :number AND early ${anyOf('kinds')})`,
    after,
  )
  const released = await tx.run(
    `UPDATE plan_steps SET state = 'ready', updated_at = :now
     WHERE plan = :plan AND state = 'waiting' AND waits_for = 0 AND number IN (
       SELECT target FROM plan_edges WHERE plan = :plan AND source = :number)`,
    { plan, number, now: tx.now },
  )
  tally.waiting -= released
  tally.ready += released
}
