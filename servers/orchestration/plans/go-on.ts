import type { PlanRow } from '../store/plans.ts'
import { movePlan, saveTally } from '../store/plans.ts'
import { listReadyGates, listReadySteps, listSteps } from '../store/plan-steps.ts'
import { openGate } from './open-gate.ts'
import type { Round } from './round.ts'
import { startStep } from './start.ts'

/** Most steps that one transaction begins: others wait behind it. */
const batch = 20

/**
 * Begins what may begin, a bounded number of steps, and ends the plan when nothing can follow any
 * more. Says whether there is more to begin at once.
 */
export async function goOn(round: Round): Promise<{ plan: PlanRow; more: boolean }> {
  const { tx, plan, tally } = round
  let more = false
  if (plan.state === 'running') {
    await openGates(round)
    const room = () => plan.max_parallel - plan.running - tally.running
    for (const step of await listReadySteps(tx, plan.id, Math.max(0, Math.min(batch, room()))))
      await startStep(round, step)
    more =
      (await listReadyGates(tx, plan.id, 1)).length > 0 ||
      (room() > 0 && (await listReadySteps(tx, plan.id, 1)).length > 0)
  }
  const counted = await saveTally(tx, plan, tally)
  if (counted.state !== 'running' || isLive(counted)) return { plan: counted, more }
  return { plan: await finish(round, counted), more: false }
}

/** Gates may open gates. */
async function openGates(round: Round): Promise<void> {
  let left = batch
  while (left > 0) {
    const gates = await listReadyGates(round.tx, round.plan.id, left)
    if (gates.length === 0) return
    for (const gate of gates) await openGate(round, gate)
    left -= gates.length
  }
}

const isLive = ({ waiting, ready, running, held }: PlanRow) => waiting + ready + running + held > 0

async function finish({ tx }: Round, plan: PlanRow): Promise<PlanRow> {
  if (plan.failed + plan.skipped + plan.canceled === 0)
    return movePlan(tx, plan, 'succeeded', { failure: null })
  const named = await listSteps(tx, { plan: plan.id, states: ['failed'], after: 0, limit: 5 })
  const failure = [
    ...(plan.failed > 0
      ? [
          `${plan.failed} failed (${named.map(({ name }) => name).join(', ')}${plan.failed > named.length ? ', …' : ''})`,
        ]
      : []),
    ...(plan.skipped > 0 ? [`${plan.skipped} skipped`] : []),
    ...(plan.canceled > 0 ? [`${plan.canceled} canceled`] : []),
  ].join(', ')
  return movePlan(tx, plan, plan.failed + plan.skipped > 0 ? 'failed' : 'canceled', { failure })
}
