import type { StepRow } from '../store/plan-steps.ts'
import { listHeldGates, moveStep, releaseAfter } from '../store/plan-steps.ts'
import { toTask } from '../store/task-row.ts'
import { readTask } from '../store/tasks.ts'
import { endBadly, lookAgain } from './open-gate.ts'
import type { Round } from './round.ts'

/** Brings a step to where its task is now. Doing so again changes nothing. */
export async function settleStep(round: Round, step: StepRow): Promise<void> {
  await follow(round, step)
  for (const gate of await listHeldGates(round.tx, step.plan, step.number))
    await lookAgain(round, gate)
}

async function follow(round: Round, step: StepRow): Promise<void> {
  const { tx, tally } = round
  if (step.task === null || (step.state !== 'running' && step.state !== 'held')) return
  const row = await readTask(tx, step.task)
  if (!row) return
  const { state, failure } = toTask(row)
  const why =
    failure === undefined ? `task ${row.id} ${state}` : `${failure.code}: ${failure.message}`
  switch (state) {
    case 'succeeded': {
      const done = await moveStep(tx, tally, step, { state })
      return releaseAfter(tx, tally, done, { early: step.proposed === 0, final: true })
    }
    case 'failed':
      if (step.retries_left === 0) return endBadly(round, step, 'failed', why)
      await moveStep(tx, tally, step, {
        state: 'ready',
        retries_left: step.retries_left - 1,
        reason: `run ${step.run} failed: ${why}`.slice(0, 2000),
      })
      return
    case 'canceled':
      return endBadly(round, step, 'canceled', why)
    case 'in_review': {
      if (step.state === 'held') return
      const reason = 'its change is in review'
      const held = await moveStep(tx, tally, step, { state: 'held', proposed: 1, reason })
      if (step.proposed === 0) await releaseAfter(tx, tally, held, { early: true, final: false })
      return
    }
    default:
      // Sent back by a review: it works again.
      if (step.state === 'held') await moveStep(tx, tally, step, { state: 'running' })
  }
}
