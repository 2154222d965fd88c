import { z } from 'zod'
import { page, pageInput } from '../../../schemas/page.ts'
import { Plan, PlanState, Step, StepState } from '../../../schemas/plan.ts'
import { Org } from '../../../schemas/principal.ts'
import { orgFilter } from '../../kit/context.ts'
import { cursorNumber, pageOf } from '../../kit/page.ts'
import type { Reader } from '../../kit/sql.ts'
import { defineTool } from '../../kit/tool.ts'
import { countNeeds, listNeeds } from '../store/plan-edges.ts'
import type { StepRow } from '../store/plan-steps.ts'
import { gateOf, listSteps } from '../store/plan-steps.ts'
import { findPlan, isBeingStored, listPlans, toPlan } from '../store/plans.ts'
import { requireStep } from './advance.ts'
import { planText, plansText } from './texts.ts'

export const planRead = defineTool({
  name: 'plan_read',
  title: 'Read a plan',
  description:
    'Shows a plan: how many steps are in each state, and a page of the steps in order with what each needs, its task and why it waits. Use task_read for the task of a step.',
  effect: 'read',
  scope: 'task:read',
  input: {
    plan: z.string().max(60).describe('Plan id, as plan_create and plan_list return it'),
    step: z.string().max(60).optional().describe('Only the step with this name'),
    state: StepState.optional().describe('Only steps in this state'),
    max_needs: z
      .int()
      .min(1)
      .max(200)
      .default(5)
      .describe('Most names to show of what a step needs'),
    cursor: pageInput.cursor,
    limit: z.int().min(1).max(200).default(40).describe('Most steps to return (1 to 200)'),
  },
  output: z.object({ plan: Plan, items: z.array(Step), next: z.string().optional() }),
  text: planText,
  run: async ({ plan: id, step, state, max_needs: mostNeeds, cursor, limit }, ctx) => {
    const plan = await findPlan(ctx, ctx.reader, id)
    const rows = isBeingStored(plan)
      ? []
      : step === undefined
        ? await listSteps(ctx.reader, {
            plan: id,
            states: state === undefined ? undefined : [state],
            after: cursorNumber(cursor, 0),
            limit: limit + 1,
          })
        : [await requireStep(ctx.reader, plan, step)]
    const shown = pageOf(
      rows,
      limit,
      (row) => row,
      ({ number }) => number,
    )
    const items = await Promise.all(shown.items.map((row) => toStep(ctx.reader, row, mostNeeds)))
    return { plan: toPlan(plan), ...shown, items }
  },
})

export const planList = defineTool({
  name: 'plan_list',
  title: 'List plans',
  description: 'Lists plans, newest first. Use plan_read for the steps of one.',
  effect: 'read',
  scope: 'task:read',
  input: {
    state: PlanState.optional().describe('Only plans in this state'),
    org: Org.optional().describe('Only this org'),
    ...pageInput,
  },
  output: page(Plan),
  text: plansText,
  run: async ({ state, org, cursor, limit }, ctx) => {
    const { items, ...rest } = await listPlans(ctx.reader, {
      state,
      orgs: orgFilter(ctx, org),
      cursor,
      limit,
    })
    return { ...rest, items: items.filter(({ org }) => ctx.may('row.see', { org, task: '' })) }
  },
})

async function toStep(reader: Reader, row: StepRow, mostNeeds: number): Promise<Step> {
  const { plan, number, gate: _gate, ...rest } = row
  const needs = await listNeeds(reader, plan, number, mostNeeds)
  const all = needs.length < mostNeeds ? needs.length : await countNeeds(reader, plan, number)
  const gate = gateOf(row)
  return {
    number,
    name: rest.name,
    title: rest.title,
    level: rest.level,
    state: rest.state,
    needs: needs.map(({ name }) => name),
    needsMore: all - needs.length,
    ...(gate ? { gate } : {}),
    ...(rest.task === null ? {} : { task: rest.task }),
    run: rest.run,
    ...(rest.approval === null ? {} : { approval: rest.approval }),
    ...(rest.reason === null ? {} : { reason: rest.reason }),
  }
}
