import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { Plan } from '../../../schemas/plan.ts'
import { isTerminal } from '../../../schemas/task.ts'
import { defineTool } from '../../kit/tool.ts'
import { cancelTree } from '../cancel.ts'
import { voidApproval } from '../store/approvals.ts'
import { leaveOutAll, leaveOutAmong, listAmong, listSubtree } from '../store/plan-reach.ts'
import { moveStep } from '../store/plan-steps.ts'
import type { PlanRow } from '../store/plans.ts'
import { findPlan, isBeingStored, isOver, movePlan, saveTally, toPlan } from '../store/plans.ts'
import { readTask } from '../store/tasks.ts'
import { requireStep } from './advance.ts'
import { goOn } from './go-on.ts'
import type { Round } from './round.ts'
import { newRound } from './round.ts'

export const planCancel = defineTool({
  name: 'plan_cancel',
  title: 'Cancel a plan',
  description:
    'Stops a plan for good, or one step of it with all that depends on it, and ends their tasks. What is done stays; plan_retry takes it up again.',
  effect: 'update',
  scope: 'task:write',
  idempotent: true,
  input: {
    plan: z.string().max(60).describe('Plan id, as plan_create and plan_list return it'),
    step: z.string().max(60).optional().describe('Only this step and what depends on it'),
    reason: z.string().max(500).optional().describe('Why, for the record'),
  },
  output: Plan,
  run: ({ plan: id, step: name, reason }, ctx) =>
    ctx.transaction(async (tx) => {
      const plan = await findPlan(ctx, tx, id)
      if (plan.state === 'canceled') return toPlan(plan)
      if (isBeingStored(plan))
        throw new HubError('conflict', `the steps of ${id} are still being stored`, {
          hint: 'It takes a second or two; send the call again then.',
        })
      if (isOver(plan.state))
        throw new HubError('conflict', `the plan ${id} is ${plan.state}: there is nothing to stop`)
      const why = reason ?? `canceled by ${ctx.principal.id}`
      const round = newRound(ctx, tx, plan)
      if (name === undefined) return toPlan(await cancelAll(round, why))
      const step = await requireStep(tx, plan, name)
      await cancelSteps(round, why, await listSubtree(tx, id, step.number))
      return toPlan((await goOn(round)).plan)
    }),
})

async function cancelAll(round: Round, why: string): Promise<PlanRow> {
  const { tx, plan, tally } = round
  if (plan.state === 'proposed' && plan.approval !== null) await voidApproval(tx, plan.approval)
  await cancelSteps(round, why, undefined)
  return movePlan(tx, await saveTally(tx, plan, tally), 'canceled', { failure: why })
}

/** Cancels those of the steps that have not ended; without numbers, all. */
async function cancelSteps(
  { tx, plan, tally }: Round,
  reason: string,
  numbers: number[] | undefined,
): Promise<void> {
  const canceled = { state: 'canceled', reason } as const
  for (const step of await listAmong(tx, plan.id, numbers, ['running', 'held'])) {
    if (step.approval !== null) await voidApproval(tx, step.approval)
    const task = step.task === null ? undefined : await readTask(tx, step.task)
    if (task && !isTerminal(task.state)) await cancelTree(tx, task, reason)
    await moveStep(tx, tally, step, canceled)
  }
  if (numbers === undefined) await leaveOutAll(tx, tally, plan.id, canceled)
  else await leaveOutAmong(tx, tally, plan.id, numbers, canceled)
}
