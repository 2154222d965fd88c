import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { Plan } from '../../../schemas/plan.ts'
import type { Reader } from '../../kit/sql.ts'
import { defineTool } from '../../kit/tool.ts'
import { differenceTo, listAmong, listSubtree, resetSteps } from '../store/plan-reach.ts'
import { listSources } from '../store/plan-steps.ts'
import type { PlanRow } from '../store/plans.ts'
import { findPlan, movePlan, saveTally, toPlan } from '../store/plans.ts'
import { assertStartable } from '../submit.ts'
import { requireStep } from './advance.ts'

const ended = ['failed', 'canceled', 'skipped'] as const

export const planRetry = defineTool({
  name: 'plan_retry',
  title: 'Run steps again',
  description:
    'Runs steps of a plan again: all that failed or were left out, one of them with what waited for it, or, with `from`, any step and everything that depends on it. What else is done stays done.',
  effect: 'update',
  scope: 'task:write',
  input: {
    plan: z.string().max(60).describe('Plan id, as plan_create and plan_list return it'),
    step: z.string().max(60).optional().describe('Only this failed step, and what waited for it'),
    from: z
      .string()
      .max(60)
      .optional()
      .describe('This step and all that depends on it, also where it succeeded'),
  },
  output: Plan,
  run: async ({ plan: id, step, from }, ctx) => {
    if (step !== undefined && from !== undefined)
      throw new HubError('invalid', 'pass one of `step` and `from`')
    await assertStartable(ctx)
    return ctx.transaction(async (tx) => {
      const plan = await findPlan(ctx, tx, id)
      if (plan.state === 'drafting' || plan.state === 'proposed')
        throw new HubError('conflict', `the plan ${id} is ${plan.state} and has not run yet`)
      const numbers =
        from === undefined ? await endedSteps(tx, plan, step) : await wholeSubtree(tx, plan, from)
      await assertCanBegin(tx, plan, step ?? from)
      const counts = await resetSteps(tx, id, numbers)
      const counted = await saveTally(tx, plan, differenceTo(counts, plan))
      // Announced also when it runs already, so that what is ready now is begun.
      return toPlan(await movePlan(tx, counted, 'running', { failure: null }))
    })
  },
})

/** Steps that ended badly or were left out: all, or one and those behind it. */
async function endedSteps(
  reader: Reader,
  plan: PlanRow,
  name: string | undefined,
): Promise<number[]> {
  const start = name === undefined ? undefined : await requireStep(reader, plan, name)
  if (start && !ended.some((state) => state === start.state))
    throw new HubError('conflict', `the step ${start.name} is ${start.state}`, {
      hint: '`from` runs a step again that succeeded, with all that depends on it.',
    })
  const among = start && (await listSubtree(reader, plan.id, start.number))
  const rows = await listAmong(reader, plan.id, among, [...ended])
  if (rows.length === 0)
    throw new HubError('conflict', `no step of the plan ${plan.id} failed or was left out`, {
      hint: '`from` runs a step again that succeeded, with all that depends on it.',
    })
  return rows.map(({ number }) => number)
}

/** A step whose needs did not come would only be left out again. */
async function assertCanBegin(
  reader: Reader,
  plan: PlanRow,
  name: string | undefined,
): Promise<void> {
  if (name === undefined) return
  const { number } = await requireStep(reader, plan, name)
  const needed = await listSources(reader, plan.id, number, 1000)
  const bad = needed.find(({ state }) => ended.some((other) => other === state))
  if (!bad) return
  throw new HubError('conflict', `the step ${name} needs ${bad.name}, which is ${bad.state}`, {
    hint: `Retry ${bad.name}: what waited for it runs then too.`,
  })
}

async function wholeSubtree(reader: Reader, plan: PlanRow, name: string): Promise<number[]> {
  const start = await requireStep(reader, plan, name)
  const numbers = await listSubtree(reader, plan.id, start.number)
  const busy = await listAmong(reader, plan.id, numbers, ['running', 'held'])
  if (busy.length === 0) return numbers
  const names = busy.slice(0, 5).map((step) => `${step.name} is ${step.state}`)
  throw new HubError('conflict', `steps that would run again have not ended: ${names.join(', ')}`, {
    hint: `plan_cancel with \`step\` ends ${name} and what depends on it first.`,
  })
}
