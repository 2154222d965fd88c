import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { Plan } from '../../../schemas/plan.ts'
import { defineTool } from '../../kit/tool.ts'
import type { PlanRow } from '../store/plans.ts'
import { draftOf, findPlan, movePlan, saveDraft, sourceOf, toPlan } from '../store/plans.ts'
import { storeGraph } from './graph-store.ts'
import { StepInput, makeGraph } from './step-input.ts'

const plan = z.string().max(60).describe('Plan that has no steps yet')
const maxRounds = 3

export const planExpand = defineTool({
  name: 'plan_expand',
  title: 'Give a plan its steps',
  description:
    'Stores the graph of a plan that was made from a feature or a goal; it then runs, or waits for a person. Called by the plan controller.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: { plan, steps: z.array(StepInput).max(20_000).describe('The graph') },
  output: Plan,
  run: async ({ plan: id, steps }, ctx) => {
    const drafted = await findPlan(ctx, ctx.reader, id)
    if (drafted.state !== 'drafting') return toPlan(drafted)
    const graph = await graphOf()
    const approval = ctx.id('approval')
    return ctx.transaction(async (tx) => {
      const row = await findPlan(ctx, tx, id)
      // Canceled meanwhile, or this was done before.
      return toPlan(row.state === 'drafting' ? await storeGraph(tx, row, graph, approval) : row)
    })

    function graphOf() {
      const repo = drafted.repo ?? undefined
      const source = sourceOf(drafted)
      const model = source.kind === 'steps' ? undefined : source.model
      // Its author may work on that one; a model may not choose others.
      const stray = steps.find((step) => step.repo !== undefined && step.repo !== repo)
      if (stray)
        throw new HubError(
          'invalid',
          `the step ${stray.name}: it names the repository ${stray.repo}`,
          {
            hint: 'Leave `repo` out: the steps work on the repository of the plan.',
          },
        )
      return makeGraph(ctx, drafted.org, steps, { repo, model }, repo)
    }
  },
})

export const planDraft = defineTool({
  name: 'plan_draft',
  title: 'Keep a bad draft',
  description:
    'Keeps an answer of a model that was no plan, with what is wrong with it; the third one, or one that is final, fails the plan. Called by the plan controller.',
  effect: 'update',
  scope: 'system',
  input: {
    plan,
    round: z.int().min(1).describe('Which answer it was, from 1; one that is kept stays'),
    answer: z.string().max(20_000).describe('What was answered'),
    problem: z.string().max(4000).describe('What is wrong with it'),
    final: z.boolean().default(false).describe('Whether asking again is of no use'),
  },
  output: Plan,
  run: ({ plan: id, round, answer, problem, final }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await findPlan(ctx, tx, id)
      if (row.state !== 'drafting' || (draftOf(row)?.rounds ?? 0) >= round) return toPlan(row)
      const kept = await saveDraft(tx, row, { rounds: round, answer, problem })
      return toPlan(final || round >= maxRounds ? await fail(kept) : kept)

      function fail(kept: PlanRow) {
        const failure =
          answer === '' ? problem : `no plan came of it in ${round} answers: ${problem}`
        return movePlan(tx, kept, 'failed', { failure })
      }
    }),
})
