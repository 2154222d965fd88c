import { z } from 'zod'
import { Requirements, TaskBudget } from './task.ts'
import { TimeZone } from './time-zone.ts'

const branch = z.string().min(1).max(200)

/** When a trigger submits its task. */
export const TriggerOn = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('manual') }),
  z.strictObject({
    kind: z.literal('schedule'),
    cron: z
      .string()
      .max(200)
      .describe('Minute, hour, day of the month, month, day of the week, as cron has them'),
    timeZone: TimeZone.default('UTC').describe('Zone whose clocks it goes by'),
    catchUp: z
      .enum(['one', 'none'])
      .default('one')
      .describe('Whether what was missed while the hub was down runs once, or not at all'),
  }),
  z.strictObject({
    kind: z.literal('change'),
    events: z
      .array(z.enum(['opened', 'revised', 'merged']))
      .min(1)
      .default(['opened', 'revised'])
      .describe('What happened to the change'),
    target: branch
      .default('*')
      .describe('Branch that it is to be merged into; `*` stands for any text'),
  }),
  z.strictObject({
    kind: z.literal('push'),
    branch: branch.describe('Branch of the repository whose head moved'),
  }),
  z.strictObject({
    kind: z.literal('plan'),
    plan: z.string().max(60).optional().describe('Only this plan; default: any of the org'),
    states: z
      .array(z.enum(['succeeded', 'failed', 'canceled']))
      .min(1)
      .default(['succeeded'])
      .describe('How it ended'),
  }),
])
export type TriggerOn = z.infer<typeof TriggerOn>

/** What is submitted, as the arguments of task_submit. */
export const TriggerTask = z.strictObject({
  template: z.string().max(60).describe('Kind of task'),
  repo: z.string().max(4096).optional().describe('Absolute path of the Git repository'),
  goal: z.string().max(20_000).optional(),
  command: z.string().max(8000).optional(),
  model: z.string().max(200).optional(),
  title: z.string().min(1).max(200).optional().describe('Default: the title of the trigger'),
  ref: z
    .string()
    .max(200)
    .optional()
    .describe('Default: the commit of the occasion, for a change or a branch'),
  params: z.record(z.string(), z.unknown()).optional(),
  priority: z.int().min(-100).max(100).optional(),
  max_attempts: z.int().min(1).max(20).optional(),
  timeout_ms: z.int().min(1000).max(86_400_000).optional(),
  requirements: Requirements.optional(),
  budget: TaskBudget.optional(),
})
export type TriggerTask = z.infer<typeof TriggerTask>

export const RunState = z.enum([
  'waiting',
  'pending',
  'submitted',
  'succeeded',
  'failed',
  'canceled',
  'skipped',
])
export type RunState = z.infer<typeof RunState>

/** One occasion on which a trigger fired. */
export const TriggerRun = z.object({
  trigger: z.string(),
  occasion: z.string(),
  state: RunState,
  task: z.string().optional(),
  change: z.string().optional(),
  reason: z.string().optional().describe('Why it was skipped, waits or failed'),
  at: z.int(),
  endedAt: z.int().optional(),
})
export type TriggerRun = z.infer<typeof TriggerRun>

export const Overlap = z.enum(['skip', 'queue'])

export const Trigger = z.object({
  id: z.string(),
  org: z.string(),
  title: z.string(),
  on: TriggerOn,
  submit: TriggerTask,
  overlap: Overlap,
  maxConcurrent: z.int(),
  maxFailures: z.int(),
  enabled: z.boolean(),
  disabledReason: z.string().optional(),
  failures: z.int().describe('Runs that failed since the last that did not'),
  nextAt: z.int().optional(),
  createdBy: z.string().describe('On whose authority it submits'),
  createdAt: z.int(),
  updatedAt: z.int(),
})
export type Trigger = z.infer<typeof Trigger>
