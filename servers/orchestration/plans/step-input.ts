import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { Gate, OnFailure } from '../../../schemas/plan.ts'
import type { Context } from '../../kit/context.ts'
import { requestFields, taskPreparer } from '../new-task.ts'
import type { NewStep } from '../store/plan-steps.ts'
import type { Edge } from '../store/plan-edges.ts'
import { placeSteps } from './graph.ts'

const StepName = z
  .string()
  .regex(/^[^\s,|"'`]{1,60}$/u, 'a name is 1 to 60 characters without spaces, quotes or commas')

/** A step as it is asked for: a task, or a gate. */
export const StepInput = z.strictObject({
  name: StepName.describe('Name that others need it by'),
  needs: z.array(StepName).max(20_000).default([]).describe('Steps that have to be done before'),
  gate: Gate.optional().describe('In the place of a task: what is waited for'),
  template: z.string().max(60).optional().describe('Kind of task: command, ci or code'),
  on_failure: OnFailure.default('continue').describe(
    'When it fails: continue with what does not depend on it, or stop the plan',
  ),
  retries: z.int().min(0).max(10).default(0).describe('Further runs after a failed one'),
  ...requestFields,
})
type StepInput = z.output<typeof StepInput>

/** Steps after which others get their turn: to look at one takes some 20 µs. */
const yieldEvery = 250

export type Graph = { steps: NewStep[]; edges: Edge[] }

type Defaults = { repo: string | undefined; model: string | undefined }

/**
 * The steps as rows, once the graph, each template and its parameters, and each repository were found
 * good. Nothing is stored before. `granted` is a repository that somebody who may has named.
 */
export async function makeGraph(
  ctx: Context,
  org: string,
  inputs: StepInput[],
  { repo, model }: Defaults,
  granted?: string,
): Promise<Graph> {
  const isLong = inputs.length > yieldEvery
  if (isLong) await setImmediate() // The arguments were just looked at.
  const placed = placeSteps(inputs)
  if (isLong) await setImmediate()
  const prepare = taskPreparer(ctx, org, granted)
  const steps: Graph['steps'] = []
  const edges: Edge[] = []
  for (const [at, input] of inputs.entries()) {
    if (at % yieldEvery === yieldEvery - 1) await setImmediate()
    const { needs, level } = placed[at]! // One for each input.
    const early = input.gate?.kind === 'check' || isApproval(input.gate)
    for (const need of needs) edges.push({ source: need + 1, target: at + 1, early })
    const request = await requestOf(input)
    steps.push({
      number: at + 1,
      name: input.name,
      title: request?.title ?? input.title ?? input.gate?.question?.slice(0, 200) ?? input.name,
      level,
      state: needs.length === 0 ? 'ready' : 'waiting',
      waits_for: needs.length,
      proposed: 0,
      run: 0,
      retries_left: input.retries,
      on_failure: input.on_failure,
      task: null,
      approval: null,
      reason: null,
      is_gate: input.gate === undefined ? 0 : 1,
      gate: input.gate === undefined ? null : JSON.stringify(input.gate),
      request: request === undefined ? null : JSON.stringify(request),
    })
  }
  return { steps, edges }

  async function requestOf(input: StepInput) {
    const { name, gate, template, needs: _needs, ...asked } = input
    if (gate !== undefined) {
      if (template === undefined) return undefined
      throw new HubError('invalid', `the step ${name} has both a template and a gate`, {
        hint: 'Make two steps of it, one that needs the other.',
      })
    }
    if (template === undefined)
      throw new HubError('invalid', `the step ${name} has neither a template nor a gate`, {
        hint: 'template_list shows the kinds of task.',
      })
    try {
      return await prepare({
        ...asked,
        template,
        ...(asked.repo === undefined && repo !== undefined ? { repo } : {}),
        ...(asked.model === undefined && model !== undefined ? { model } : {}),
      })
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      const { code, message, hint, details } = error
      throw new HubError(code, `the step ${name}: ${message}`, {
        ...(hint === undefined ? {} : { hint }),
        ...(details === undefined ? {} : { details }),
        cause: error,
      })
    }
  }
}

const isApproval = (gate: Gate | undefined): boolean =>
  gate?.kind === 'change' && gate.until !== 'merged'
