import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { Plan } from '../../../schemas/plan.ts'
import type { Transaction } from '../../kit/sql.ts'
import { defineTool } from '../../kit/tool.ts'
import type { ApprovalRow } from '../store/approvals.ts'
import { readApproval } from '../store/approvals.ts'
import type { PlanRow } from '../store/plans.ts'
import { findPlan, movePlan, readPlanOfApproval, toPlan } from '../store/plans.ts'
import type { StepRow } from '../store/plan-steps.ts'
import { gateOf, readStep, readStepOfApproval } from '../store/plan-steps.ts'
import { closeGate, seenBy } from './open-gate.ts'
import { goOn } from './go-on.ts'
import type { Round } from './round.ts'
import { newRound } from './round.ts'
import { settleStep } from './settle.ts'

export const planAdvance = defineTool({
  name: 'plan_advance',
  title: 'Carry a plan on',
  description:
    'Takes what came of a step, a gate or an approval into its plan and begins what may begin then, a bounded number of steps at a time. Called by the plan controller; doing it again changes nothing.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    plan: z.string().max(60).optional().describe('Plan to carry on; left out with `approval`'),
    step: z.string().max(60).optional().describe('Step whose task or change has moved'),
    verdict: z
      .strictObject({
        kind: z.enum(['passed', 'failed']).describe('Whether it lets the plan go on'),
        reason: z.string().max(2000).describe('Why'),
      })
      .optional()
      .describe('What is known of `step`, a gate that waits for changes to be approved'),
    approval: z.string().max(60).optional().describe('Question that was answered'),
  },
  output: z.object({
    plan: Plan.optional(),
    started: z.array(z.string()).describe('Tasks that were made'),
    asking: z
      .array(z.object({ step: z.string(), tasks: z.array(z.string()) }))
      .describe('Gates that wait to be told whether the changes of these tasks were approved'),
    more: z.boolean().describe('Whether there is more to begin at once'),
  }),
  run: ({ plan: id, step: name, verdict, approval }, ctx) =>
    ctx.transaction(async (tx) => {
      const nothing = { started: [], asking: [], more: false }
      const answered = approval === undefined ? undefined : await readApproval(tx, approval)
      const step = answered ? await readStepOfApproval(tx, answered.id) : undefined
      const plan = answered
        ? step === undefined
          ? await readPlanOfApproval(tx, answered.id)
          : await findPlan(ctx, tx, step.plan)
        : await findPlan(ctx, tx, id ?? '')
      if (!plan) return nothing // A question that is none of a plan's.
      const round = newRound(ctx, tx, await decidePlan(tx, plan, answered))
      if (answered && step) await takeAnswer(round, step, answered)
      if (name !== undefined) await takeStep(round, await requireStep(tx, plan, name), verdict)
      const { plan: after, more } = await goOn(round)
      return { plan: toPlan(after), started: round.started, asking: round.asking, more }
    }),
})

/** A plan that waited for the answer runs, or is over. */
async function decidePlan(
  tx: Transaction,
  plan: PlanRow,
  answered: ApprovalRow | undefined,
): Promise<PlanRow> {
  if (plan.state !== 'proposed' || !answered || answered.id !== plan.approval) return plan
  if (answered.state === 'approved') return movePlan(tx, plan, 'running')
  if (answered.state === 'pending') return plan
  return movePlan(tx, plan, 'canceled', { failure: refusalOf(answered) })
}

async function takeAnswer(round: Round, step: StepRow, answered: ApprovalRow): Promise<void> {
  if (step.state !== 'held' || round.plan.state !== 'running') return
  if (answered.state === 'approved') return closeGate(round, step, { kind: 'passed' })
  if (answered.state === 'pending') return
  return closeGate(round, step, { kind: 'failed', reason: refusalOf(answered) })
}

const refusalOf = ({ state, decided_by: by, reason }: ApprovalRow): string =>
  state === 'void' ? 'its question was taken back' : `${by} said no${reason ? `: ${reason}` : ''}`

async function takeStep(
  round: Round,
  step: StepRow,
  verdict: { kind: 'passed' | 'failed'; reason: string } | undefined,
): Promise<void> {
  if (round.plan.state !== 'running') return
  if (verdict === undefined) return settleStep(round, step)
  if (step.state !== 'held' || gateOf(step)?.kind !== 'change') return
  // What was approved may have been sent back since.
  const seen = await seenBy(round, step)
  if (seen.every(({ state }) => state === 'in_review' || state === 'succeeded'))
    await closeGate(round, step, verdict)
}

export async function requireStep(
  tx: Parameters<typeof readStep>[0],
  plan: PlanRow,
  name: string,
): Promise<StepRow> {
  const step = await readStep(tx, plan.id, name)
  if (step) return step
  throw new HubError('not_found', `the plan ${plan.id} has no step ${JSON.stringify(name)}`, {
    hint: 'plan_read shows its steps.',
  })
}
