import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import { NoteTarget, SpecTarget } from '../../schemas/task-knowledge.ts'
import { Template } from '../../schemas/template.ts'
import { defineTool } from '../kit/tool.ts'

type Definition = {
  title: string
  description: string
  needsRepo: boolean
  needsModel: boolean
  opensChange: boolean
  maxAttempts: number
  params: z.ZodObject
}

const definitions: Record<string, Definition> = {
  command: {
    title: 'Run a command',
    description:
      'Runs one command line, in a worktree of the repository when one is given, and keeps its output.',
    needsRepo: false,
    needsModel: false,
    opensChange: false,
    maxAttempts: 1,
    params: z.strictObject({
      command: z.string().min(1).max(8000).describe('Command line, run by the system shell'),
    }),
  },
  ci: {
    title: 'Run the checks',
    description:
      "Detects the project's own install, lint and test scripts (npm, Python, Go, Rust, Make), runs them and summarises the results.",
    needsRepo: true,
    needsModel: false,
    opensChange: false,
    maxAttempts: 1,
    params: z.strictObject({
      ref: z
        .string()
        .max(200)
        .optional()
        .describe('Branch, tag or commit to check; default: the current branch'),
      only: z.array(z.string()).max(20).optional().describe('Names of checks to run; default: all'),
    }),
  },
  code: {
    title: 'Change the code',
    description:
      'A model works towards the goal in a worktree of its own, runs the checks, and opens a change for review.',
    needsRepo: true,
    needsModel: true,
    opensChange: true,
    maxAttempts: 2,
    params: z.strictObject({
      goal: z.string().min(3).max(20_000).describe('What should be true when the work is done'),
      ref: z
        .string()
        .max(200)
        .optional()
        .describe('Branch to start from; default: the current branch'),
      maxSteps: z.int().min(1).max(500).default(60).describe('Most model calls in one attempt'),
      maxTokens: z
        .int()
        .min(1000)
        .max(50_000_000)
        .default(2_000_000)
        .describe('Most tokens in one attempt'),
      contextTokens: z
        .int()
        .min(0)
        .max(50_000)
        .default(4000)
        .describe('Tokens of context to begin with; 0 for none'),
      spec: SpecTarget.optional().describe('Spec-Kit tasks to tick when the change is merged'),
      note: NoteTarget.optional().describe('Note to add the result to'),
    }),
  },
}

export const templateNames = Object.keys(definitions) as [string, ...string[]] // Not empty, above.

/** The template's definition and the parameters as it accepts them. */
export function applyTemplate(name: string, params: Record<string, unknown>) {
  const definition = findTemplate(name)
  const parsed = definition.params.safeParse(params)
  if (parsed.success) return { definition, params: parsed.data }
  const problems = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.join(', ')}: not a parameter of this template`
      : `${issue.path.join('.')}: ${issue.message}`,
  )
  throw new HubError('invalid', `template ${name}: ${problems.join('; ')}`, {
    hint: `Parameters: ${Object.keys(definition.params.shape).join(', ')}. template_read shows them in full.`,
  })
}

/** Whether a template has a parameter of that name. */
export const takesParameter = (name: string, parameter: string): boolean =>
  Object.hasOwn(findTemplate(name).params.shape, parameter)

function findTemplate(name: string): Definition {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  if (definition) return definition
  const close = nearest(name, templateNames)
  throw new HubError('not_found', `there is no template ${JSON.stringify(name)}`, {
    hint: close ? `Did you mean ${close}?` : `Templates: ${templateNames.join(', ')}.`,
  })
}

function describe(name: string): Template {
  const { maxAttempts: _policy, params, ...shown } = findTemplate(name)
  const { $schema: _dialect, ...schema } = z.toJSONSchema(params, { io: 'input' })
  return { name, ...shown, params: schema }
}

export const templateList = defineTool({
  name: 'template_list',
  title: 'List templates',
  description:
    'Lists the kinds of task that can be submitted, with their parameters. Use it before task_submit when unsure which template fits.',
  effect: 'read',
  scope: 'task:read',
  input: {},
  output: z.object({ items: z.array(Template) }),
  run: async () => ({ items: templateNames.map(describe) }),
})

export const templateRead = defineTool({
  name: 'template_read',
  title: 'Read a template',
  description:
    'Shows one template with the JSON Schema of its parameters. Use template_list to find its name.',
  effect: 'read',
  scope: 'task:read',
  input: { name: z.string().max(60).describe('Template name, such as ci') },
  output: Template,
  run: async ({ name }) => describe(name),
})
