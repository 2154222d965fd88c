import { z } from 'zod'
import { Provenance, Requirements, TaskBudget } from './task.ts'

const planStates = ['drafting', 'proposed', 'running', 'succeeded', 'failed', 'canceled'] as const
export const PlanState = z.enum(planStates)
export type PlanState = z.infer<typeof PlanState>

export const stepStates = [
  'waiting', // for steps that it needs
  'ready', // for room
  'running',
  'held', // for people: a change in review, or a gate
  'succeeded',
  'failed',
  'canceled',
  'skipped', // what it needed did not come
] as const
export const StepState = z.enum(stepStates)
export type StepState = z.infer<typeof StepState>

/** What lets a plan go on where there is no work to do. */
export const Gate = z.strictObject({
  kind: z
    .enum(['check', 'change', 'person', 'barrier'])
    .describe(
      'check: the checks of what it needs passed; change: its changes were approved; person: somebody says yes; barrier: all that it needs is done',
    ),
  until: z
    .enum(['approved', 'merged'])
    .optional()
    .describe('For change: how far it has to be; default: approved'),
  question: z.string().min(1).max(2000).optional().describe('For person: what is asked'),
})
export type Gate = z.infer<typeof Gate>

export const OnFailure = z.enum(['continue', 'stop'])

/** How many steps are in each state. */
const StepCounts = z.record(StepState, z.int())

/** Where a plan's steps come from. */
export const PlanSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('steps') }),
  z.object({
    kind: z.literal('feature'),
    feature: z.string(),
    project: z.string(),
    checkpoints: z.boolean(),
    model: z.string().optional(),
    requirements: Requirements.optional(),
    budget: TaskBudget.optional(),
  }),
  z.object({ kind: z.literal('goal'), goal: z.string(), model: z.string().optional() }),
])
export type PlanSource = z.infer<typeof PlanSource>

export const PlanDraft = z.object({
  rounds: z.int().describe('Answers so far'),
  answer: z.string(),
  problem: z.string(),
})
export type PlanDraft = z.infer<typeof PlanDraft>

/** A graph of tasks and gates. */
export const Plan = z.object({
  id: z.string(),
  org: z.string(),
  title: z.string(),
  state: PlanState,
  source: PlanSource,
  repo: z.string().optional(),
  submittedBy: z.string(),
  reason: z.string().optional().describe('Why it was asked for'),
  provenance: Provenance,
  maxParallel: z.int().describe('Most steps that run at once'),
  approval: z.string().optional().describe('Question whose answer it waits for, or had'),
  draft: PlanDraft.optional().describe('The last answer of a model that was no plan'),
  failure: z.string().optional(),
  counts: StepCounts,
  createdAt: z.int(),
  updatedAt: z.int(),
  finishedAt: z.int().optional(),
})
export type Plan = z.infer<typeof Plan>

export const Step = z.object({
  number: z.int(),
  name: z.string(),
  title: z.string(),
  level: z.int().describe('The longest way to it from a step that needs nothing'),
  state: StepState,
  needs: z.array(z.string()).describe('Names of the first steps that it needs'),
  needsMore: z.int().describe('How many it needs besides'),
  gate: Gate.optional(),
  task: z.string().optional().describe('Task of its last run'),
  run: z.int().describe('How often it was started'),
  approval: z.string().optional(),
  reason: z.string().optional().describe('Why it is in this state'),
})
export type Step = z.infer<typeof Step>
