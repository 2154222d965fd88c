import { z } from 'zod'

/** A parameterised kind of task, as listings show it. */
export const Template = z.object({
  name: z.string().describe('What task_submit takes; `repo:NAME` for one of a repository'),
  kind: z.enum(['built-in', 'repository']),
  title: z.string(),
  description: z.string(),
  needsRepo: z.boolean(),
  needsModel: z.boolean(),
  opensChange: z.boolean(),
  params: z.record(z.string(), z.unknown()).describe('JSON Schema of `params`, with defaults'),
  repo: z.string().optional().describe('Repository whose template it is'),
  commit: z.string().optional().describe('Commit that was trusted'),
  digest: z.string().optional().describe('SHA-256 of the trusted file'),
  trustedBy: z.string().optional(),
  trustedAt: z.int().optional(),
})
export type Template = z.infer<typeof Template>

const path = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.startsWith('/') && !text.split('/').includes('..'), {
    error: 'it has to be relative and to stay inside the workspace',
  })

/** A parameter of a template in a repository: a part of JSON Schema that forms can show. */
export const TemplateParam = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean']).default('string'),
  description: z.string().max(500).default(''),
  enum: z.array(z.string().max(200)).min(1).max(50).optional(),
  default: z.union([z.string().max(2000), z.number(), z.boolean()]).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.int().min(1).max(20_000).optional(),
  required: z.boolean().default(false),
})
export type TemplateParam = z.infer<typeof TemplateParam>

const stepName = z
  .string()
  .regex(
    /^[\w][\w .-]{0,59}$/,
    'a name is 1 to 60 letters, digits, spaces or any of _ . -, and begins with a letter or digit',
  )
  .optional()

/** A step: a shell line, a program with its arguments, or the checks that `ci` finds. */
const TemplateStep = z.union([
  z.strictObject({ name: stepName, run: z.string().min(1).max(8000) }),
  z.strictObject({ name: stepName, argv: z.array(z.string().max(2000)).min(1).max(100) }),
  z.strictObject({ uses: z.literal('ci'), only: z.array(z.string()).max(20).optional() }),
])
export type TemplateStep = z.infer<typeof TemplateStep>

/** A file in `.switchyard/templates/` of a repository. */
export const TemplateFile = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,39}$/,
      'a name is 1 to 40 lower-case letters, digits or dashes, and begins with a letter or digit',
    ),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(1000),
  params: z.record(z.string().regex(/^[a-zA-Z]\w{0,39}$/), TemplateParam).default({}),
  steps: z.array(TemplateStep).min(1).max(50),
  results: z.array(path).max(20).default([]),
  artifacts: z.array(path).max(20).default([]),
  cache: z
    .strictObject({ files: z.array(path).min(1).max(20), paths: z.array(path).min(1).max(20) })
    .optional(),
  needs_model: z.literal(false).default(false),
})
export type TemplateFile = z.infer<typeof TemplateFile>

/** What a task of such a template carries: the definition as it was trusted, and where it is from. */
export const TrustedTask = z.object({
  definition: TemplateFile,
  source: z.object({ path: z.string(), commit: z.string(), digest: z.string() }),
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  ref: z.string().optional(),
})
export type TrustedTask = z.infer<typeof TrustedTask>
