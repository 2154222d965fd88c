import { z } from 'zod'

/** The built-in loop; every other runner is a program of the configuration. */
export const builtInRunner = 'loop'

export const RunnerName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,39}$/,
    'a runner is 1 to 40 lower-case letters, digits, dashes or underscores, and begins with a letter or digit',
  )
  .refine((name) => name !== builtInRunner, { error: '`loop` is the built-in runner' })

/** What a tool of an agent does, in the words of the Agent Client Protocol. */
export const toolKinds = [
  'read',
  'edit',
  'delete',
  'move',
  'search',
  'execute',
  'think',
  'fetch',
  'switch_mode',
  'other',
] as const
export type ToolKind = (typeof toolKinds)[number]

const Permission = z.enum(['allow', 'ask', 'deny'])
export type Permission = z.infer<typeof Permission>

/**
 * A coding agent that speaks the Agent Client Protocol on its pipes. In `args` and `env`, `${env:NAME}`
 * stands for a variable of whoever starts the agent, so that no secret is in the configuration;
 * `${hub:models}` for the address of the hub's own OpenAI-compatible endpoint, `${hub:key}` for a
 * credential that it takes for the time of the attempt, and `${hub:model}` for the task's model.
 */
export const RunnerConfig = z.strictObject({
  command: z.string().min(1).max(4096).describe('Program to start'),
  args: z.array(z.string().max(8192)).max(100).default([]).describe('Its arguments'),
  env: z
    .record(z.string().regex(/^\w{1,128}$/), z.string().max(65_536))
    .default({})
    .describe('Its environment, beside that of the pod'),
  models: z
    .record(z.string(), z.string())
    .default({})
    .describe("Model of a task → the agent's own name for it"),
  mode: z.string().max(200).optional().describe('Session mode that the agent works in'),
  permission: z
    .partialRecord(z.enum([...toolKinds, 'default']), Permission)
    .default({})
    .describe(
      'What becomes of a permission that the agent asks for, by kind of tool; default: people are asked, but not about reading, searching and thinking',
    ),
  tools: z.boolean().default(true).describe("Offer it the hub's tools over MCP, to read"),
  rounds: z
    .int()
    .min(1)
    .max(50)
    .default(5)
    .describe('Turns in one attempt: after each the checks are run, and what fails is the next'),
  orgs: z.array(z.string().max(39)).optional().describe('Only tasks of these orgs may use it'),
})
export type RunnerConfig = z.infer<typeof RunnerConfig>

/** A runner as it is listed; what its environment holds is not shown. */
export const Runner = z.object({
  name: z.string(),
  kind: z.enum(['loop', 'acp']),
  command: z.array(z.string()).optional().describe('Program and arguments, as configured'),
  usesHubModels: z.boolean().describe('Whether its model calls go through the hub'),
  orgs: z.array(z.string()).optional().describe('The only orgs whose tasks may use it'),
})
export type Runner = z.infer<typeof Runner>

const quiet: readonly ToolKind[] = ['read', 'search', 'think']

/** What the configuration says of a permission that an agent asks for. */
export const permissionFor = (
  { permission }: Pick<RunnerConfig, 'permission'>,
  kind: ToolKind,
): Permission => permission[kind] ?? permission.default ?? (quiet.includes(kind) ? 'allow' : 'ask')

const texts = ({ args, env }: Pick<RunnerConfig, 'args' | 'env'>): string[] => [
  ...args,
  ...Object.values(env),
]

/** Names of the variables that a runner's configuration refers to. */
export const variablesOf = (config: Pick<RunnerConfig, 'args' | 'env'>): string[] => [
  ...new Set(
    texts(config).flatMap((text) =>
      [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name!),
    ), // The group is not optional.
  ),
]

/** Under which a pod is given such a variable: what starts with this is not for the project's own commands. */
export const runnerPrefix = 'SWITCHYARD_RUNNER_'

/** Whether its model calls go through the hub, which then counts them itself. */
export const usesHubModels = (config: Pick<RunnerConfig, 'args' | 'env'>): boolean =>
  texts(config).some((text) => text.includes('${hub:models}'))
