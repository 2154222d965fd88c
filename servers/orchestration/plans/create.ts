import { hash } from 'node:crypto'
import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import type { PlanSource } from '../../../schemas/plan.ts'
import { Plan } from '../../../schemas/plan.ts'
import { Org } from '../../../schemas/principal.ts'
import { Requirements, TaskBudget } from '../../../schemas/task.ts'
import type { Context } from '../../kit/context.ts'
import { orgFor } from '../../kit/context.ts'
import { findFeature } from '../../kit/features.ts'
import { assertOutsideDataDir } from '../../kit/files/data-dir-guard.ts'
import { insideFolder } from '../../kit/files/jail.ts'
import type { Transaction } from '../../kit/sql.ts'
import { defineTool } from '../../kit/tool.ts'
import { usableRepository } from '../new-task.ts'
import type { PlanRow } from '../store/plans.ts'
import { insertPlan, noSteps, readPlanByKey, toPlan } from '../store/plans.ts'
import { assertStartable } from '../submit.ts'
import { storeGraph } from './graph-store.ts'
import { isLarge, storeInParts } from './large-graph.ts'
import { StepInput, makeGraph } from './step-input.ts'

const input = {
  steps: z
    .array(StepInput)
    .max(20_000)
    .optional()
    .describe('The graph: tasks and gates, each with the names of those it needs'),
  feature: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe(
      'Spec-Kit feature of `repo` whose open tasks become the graph: folder, number or name',
    ),
  goal: z
    .string()
    .min(3)
    .max(20_000)
    .optional()
    .describe('Goal that a model takes apart; a person sees the graph before it runs'),
  repo: z
    .string()
    .max(4096)
    .optional()
    .describe('Absolute path of the Git repository, for steps that name none'),
  title: z.string().min(1).max(200).optional().describe('Short title; default: made from the goal'),
  model: z
    .string()
    .max(200)
    .optional()
    .describe('Model as provider/name, for steps that name none and to take a goal apart'),
  project: z
    .string()
    .max(500)
    .optional()
    .describe('For feature: folder of the Spec-Kit project inside the repository'),
  checkpoints: z
    .boolean()
    .optional()
    .describe('For feature: whether a person has to agree at the end of each phase'),
  requirements: Requirements.optional().describe(
    'For feature: what whoever does a task must offer',
  ),
  budget: TaskBudget.optional().describe('For feature: what each task may spend'),
  approve: z
    .boolean()
    .optional()
    .describe('Whether a person has to see the graph before it runs; default: only for a goal'),
  max_parallel: z
    .int()
    .min(1)
    .max(1000)
    .default(16)
    .describe('Most steps of the plan that run at once'),
  reason: z.string().max(2000).optional().describe('Why it is asked for, for the record'),
  org: Org.optional().describe('Org the plan belongs to; default: your own'),
  idempotency_key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Sending the same key again returns the same plan instead of a second one'),
}
type Input = z.output<z.ZodObject<typeof input>>

export const planCreate = defineTool({
  name: 'plan_create',
  title: 'Make a plan',
  description:
    'Makes a graph of tasks and gates from exactly one of `steps`, a Spec-Kit `feature` or a `goal`, and runs it in order; follow it with plan_read. Use task_submit for a single task.',
  effect: 'create',
  scope: 'task:write',
  needsDiskRoom: true,
  input,
  output: Plan,
  run: async (input, ctx) => {
    const org = orgFor(ctx, input.org)
    ctx.ensure('plan.create', { org })
    const source = sourceOf(input)
    const { idempotency_key: key = null, ...request } = input
    const digest = hash('sha256', JSON.stringify(request))
    // Before templates are looked at, which may be others since.
    const sent = key === null ? undefined : await readPlanByKey(ctx.reader, org, key)
    if (sent) return toPlan(sameRequest(sent, digest))
    const repo = input.repo === undefined ? undefined : await usableRepository(ctx, org, input.repo)
    if (repo !== undefined) await assertFeature(ctx, repo, source)
    if (source.kind === 'goal' || input.feature !== undefined) ctx.models.assertUsable(input.model)
    const graph =
      input.steps === undefined
        ? undefined
        : await makeGraph(ctx, org, input.steps, { repo, model: input.model }, repo)
    await assertStartable(ctx)
    const row: PlanRow = {
      ...noSteps(),
      id: ctx.id('plan'),
      org,
      title: input.title ?? titleOf(input),
      state: 'drafting',
      source: JSON.stringify(source),
      repo: repo ?? null,
      principal: JSON.stringify(ctx.principal),
      reason: input.reason ?? null,
      max_parallel: input.max_parallel,
      needs_approval: (input.approve ?? source.kind === 'goal') ? 1 : 0,
      approval: null,
      draft: null,
      failure: null,
      idempotency_key: key,
      request_digest: digest,
      created_at: ctx.now(),
      updated_at: ctx.now(),
      finished_at: null,
    }
    const approval = ctx.id('approval')
    const begin = async (tx: Transaction): Promise<PlanRow> => {
      const earlier = key === null ? undefined : await readPlanByKey(tx, org, key)
      if (earlier) return sameRequest(earlier, digest)
      await insertPlan(tx, row)
      return graph && !isLarge(graph) ? storeGraph(tx, row, graph, approval) : row
    }
    if (graph === undefined || !isLarge(graph)) return toPlan(await ctx.transaction(begin))
    // The audit row of the call is written with the last part, when there is a plan.
    const begun = await ctx.store.transaction(begin)
    return toPlan(begun === row ? await storeInParts(ctx, row, graph, approval) : begun)
  },
})

/** What the steps come from; exactly one thing, with what belongs to it. */
function sourceOf(input: Input): PlanSource {
  const given = (['steps', 'feature', 'goal'] as const).filter((name) => input[name] !== undefined)
  if (given.length !== 1)
    throw new HubError(
      'invalid',
      `a plan is made from one of steps, feature and goal, not from ${given.join(' and ') || 'none'}`,
    )
  const { feature, goal, model, project, checkpoints, requirements, budget } = input
  if (feature === undefined) {
    const stray = Object.entries({ project, checkpoints, requirements, budget }).find(
      ([, value]) => value !== undefined,
    )
    if (stray)
      throw new HubError('invalid', `\`${stray[0]}\` is for plans that are made from a feature`, {
        hint: 'Give it to each step.',
      })
  } else if (input.repo === undefined) {
    throw new HubError('invalid', 'a feature needs `repo`, the repository that it is in')
  }
  const named = model === undefined ? {} : { model }
  if (feature !== undefined)
    return {
      kind: 'feature',
      feature,
      project: project ?? '',
      checkpoints: checkpoints ?? false,
      ...named,
      ...(requirements ? { requirements } : {}),
      ...(budget ? { budget } : {}),
    }
  if (goal === undefined) return { kind: 'steps' }
  if (input.approve === false)
    throw new HubError('invalid', 'a plan that a model made does not run before a person saw it', {
      hint: 'Leave `approve` out and answer its question with approval_decide, or pass `steps`.',
    })
  return { kind: 'goal', goal, ...named }
}

/** A feature that is not there is told at once; what its tasks are is read when the steps are made. */
async function assertFeature(ctx: Context, repo: string, source: PlanSource): Promise<void> {
  if (source.kind !== 'feature') return
  const root = source.project === '' ? repo : await insideFolder(repo, source.project)
  await assertOutsideDataDir(ctx, root)
  await findFeature({ root }, source.feature)
}

function titleOf({ goal, feature, steps }: Input): string {
  const text =
    goal?.split('\n', 1)[0]?.trim() ??
    (feature === undefined
      ? `${steps?.length} steps from ${steps?.[0]?.name}`
      : `feature ${feature}`)
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}

function sameRequest(earlier: PlanRow, digest: string): PlanRow {
  if (earlier.request_digest === digest) return earlier
  throw new HubError(
    'conflict',
    `idempotency key ${JSON.stringify(earlier.idempotency_key)} was used for another request`,
    { hint: `It made ${earlier.id}. Use a new key for a different plan.` },
  )
}
