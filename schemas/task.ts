import { z } from 'zod'
import { Reports } from './report.ts'
import { Tag } from './tag.ts'

const taskStates = [
  'blocked',
  'queued',
  'leased',
  'running',
  'waiting',
  'in_review',
  'succeeded',
  'failed',
  'canceled',
] as const
export const TaskState = z.enum(taskStates)
export type TaskState = z.infer<typeof TaskState>

/** Where a task stands for who looks at many: what failed is not done. */
export const TaskStage = z.enum(['pending', 'active', 'review', 'failed', 'done'])
export type TaskStage = z.infer<typeof TaskStage>

/** What a task waits for that only somebody can give it. */
export const TaskWait = z.enum(['approval', 'input', 'budget'])
export type TaskWait = z.infer<typeof TaskWait>

const terminalStates: readonly TaskState[] = ['succeeded', 'failed', 'canceled']
export const isTerminal = (state: TaskState) => terminalStates.includes(state)

export const Resources = z.object({
  cpus: z.number().min(0.1).max(1024).default(1).describe('CPU cores'),
  memoryMb: z.int().min(64).max(4_194_304).default(1024).describe('Memory in MiB'),
  gpus: z.int().min(0).max(64).optional().describe('GPUs of its own'),
})
export type Resources = z.infer<typeof Resources>
/** As they are asked for: a name that means nothing here is refused, and not passed over. */
export const AskedResources = Resources.strict()

/** How pods are kept from the rest of the machine, from the least to the most. */
export const isolationLevels = ['none', 'seatbelt', 'userns', 'bwrap', 'container'] as const
export const Isolation = z.enum(isolationLevels)
export type Isolation = z.infer<typeof Isolation>

/** What a task demands of whoever does it, beside room and isolation. */
export const Requirements = z.strictObject({
  tags: z.array(Tag).max(20).optional().describe('All must be offered'),
  runner: z.string().max(60).optional().describe('loop, or a configured ACP agent'),
  agent: z.string().max(60).optional().describe('Long-lived agent to do it'),
  cluster: z.string().max(60).optional().describe('Cluster to run on'),
  hub: z.string().max(60).optional().describe('Peer hub to do it'),
  hubRepo: z.string().max(4096).optional().describe('Path of the repository on that hub'),
  fallback: z
    .boolean()
    .optional()
    .describe('Whether others may while that one is away; default: true'),
})
export type Requirements = z.infer<typeof Requirements>

/** What a task may spend in all its attempts together; what is not named is not limited. */
export const TaskBudget = z.strictObject({
  steps: z.int().min(1).max(100_000).optional().describe('Model calls'),
  tokens: z.int().min(1).max(10_000_000_000).optional().describe('Tokens in and out'),
  costUsd: z.number().positive().max(1_000_000).optional().describe('Money, in US dollars'),
  timeMs: z.int().min(1000).max(31_536_000_000).optional().describe('Time under lease'),
})
export type TaskBudget = z.infer<typeof TaskBudget>

/** Who or what asked for a task, and why. */
export const Provenance = z.object({
  via: z.enum(['call', 'task', 'plan', 'trigger', 'chat', 'review', 'peer']),
  id: z.string().max(200).optional().describe('Id of the task, plan, trigger, chat or change'),
  reason: z.string().max(2000).optional().describe('Why it was asked for'),
})
export type Provenance = z.infer<typeof Provenance>

/** What an earlier task left for this one. */
export const TaskInput = z.object({
  task: z.string(),
  step: z.string().optional(),
  title: z.string(),
  summary: z.string(),
  change: z.string().optional(),
  artifacts: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        text: z.string().optional().describe('What it holds, where another hub keeps it'),
        truncated: z.boolean().optional().describe('Whether that is its beginning alone'),
      }),
    )
    .max(50),
})
export type TaskInput = z.infer<typeof TaskInput>

/** One command of a check run, as the agent saw it end. */
export const CheckResult = z.object({
  name: z.string(),
  command: z.string(),
  state: z.enum(['passed', 'failed', 'skipped']),
  exitCode: z.int().nullable(),
  durationMs: z.int(),
  /** What the tool itself counted, where its output says so. */
  counts: z.object({ passed: z.int(), failed: z.int() }).optional(),
  /** The first failures, a line each. */
  failures: z.array(z.string()).max(20).default([]),
})
export type CheckResult = z.infer<typeof CheckResult>

export const TaskResult = z.object({
  summary: z.string().max(8000),
  exitCode: z.int().nullable().optional(),
  checks: z.array(CheckResult).max(50).optional(),
  reports: Reports.optional().describe('Tests, coverage and findings, as the tools reported them'),
  metrics: z
    .record(z.string().max(100), z.number())
    .refine((metrics) => Object.keys(metrics).length <= 100, 'at most 100 metrics')
    .optional()
    .describe('Numbers that the work measured, to compare runs by'),
  change: z.string().optional().describe('Id of the change that carries the work'),
})
export type TaskResult = z.infer<typeof TaskResult>

export const TaskFailure = z.object({
  code: z.string(),
  message: z.string().max(8000),
})
export type TaskFailure = z.infer<typeof TaskFailure>

export const Task = z.object({
  id: z.string(),
  org: z.string(),
  title: z.string(),
  template: z.string(),
  params: z.record(z.string(), z.unknown()),
  repo: z.string().optional().describe('Absolute path of the repository on the hub machine'),
  state: TaskState,
  waitingFor: TaskWait.optional().describe(
    'A queued task waits for `budget`: what it may spend is spent',
  ),
  pendingReason: z
    .string()
    .optional()
    .describe('Why no agent was started for it yet, where that does not pass by itself'),
  priority: z.int(),
  attempts: z.int().describe('Attempts started so far'),
  maxAttempts: z.int().describe('Failed attempts that end it for good, lost agents not counted'),
  resources: Resources,
  isolation: Isolation.optional().describe('The least isolation the task accepts'),
  timeoutMs: z.int(),
  model: z.string().optional(),
  parent: z.string().optional().describe('Task whose agent asked for it'),
  depth: z.int().describe('How many tasks asked for one another before it'),
  plan: z.string().optional(),
  step: z.string().optional().describe('Name of the step in its plan'),
  provenance: Provenance,
  requirements: Requirements,
  budget: TaskBudget,
  inputs: z.array(TaskInput).describe('What earlier tasks left for it'),
  retryOf: z.string().optional(),
  submittedBy: z.string(),
  agent: z.string().optional().describe('Agent that holds the lease'),
  result: TaskResult.optional(),
  failure: TaskFailure.optional(),
  submittedAt: z.int(),
  updatedAt: z.int(),
  finishedAt: z.int().optional(),
  notBeforeAt: z.int().optional().describe('Earliest instant of the next attempt'),
})
export type Task = z.infer<typeof Task>

export const AttemptState = z.enum([
  'leased',
  'running',
  'succeeded',
  'failed',
  'lost',
  'released',
  'evicted',
  'canceled',
])
export type AttemptState = z.infer<typeof AttemptState>

export const Attempt = z.object({
  id: z.string(),
  task: z.string(),
  number: z.int(),
  fence: z.int().describe('Grows with each lease; a smaller one changes nothing'),
  agent: z.string(),
  state: AttemptState,
  leaseExpiresAt: z.int(),
  startedAt: z.int(),
  endedAt: z.int().optional(),
  failure: TaskFailure.optional(),
})
export type Attempt = z.infer<typeof Attempt>
