import { z } from 'zod'
import { HubError } from '../../../schemas/errors.ts'
import { nearest } from '../../../schemas/nearest.ts'
import type { Template } from '../../../schemas/template.ts'
import { ci } from './ci.ts'
import { code } from './code.ts'
import { command } from './command.ts'
import { docops } from './docops.ts'
import { indexSource } from './index-source.ts'
import { ml } from './ml.ts'
import { review } from './review.ts'
import { scan } from './scan.ts'
import type { BuiltIn } from './template.ts'

/** The templates of the hub itself, by name. */
const builtIns: Record<string, BuiltIn> = {
  command,
  ci,
  code,
  review,
  docops,
  scan,
  ml,
  index: indexSource,
}

export const templateNames = Object.keys(builtIns) as [string, ...string[]] // Not empty, above.

export const isBuiltIn = (name: string): boolean => Object.hasOwn(builtIns, name)

/** A built-in template's definition and the parameters as it accepts them. */
export function applyTemplate(name: string, params: Record<string, unknown>) {
  const definition = findBuiltIn(name)
  return { definition, params: checkedParams(name, definition.params, params) }
}

/** Whether a template of the hub has a parameter of that name. */
export const takesParameter = (name: string, parameter: string): boolean =>
  isBuiltIn(name) && Object.hasOwn(findBuiltIn(name).params.shape, parameter)

/** Whether the work of a template is a model's. */
export const usesModel = (name: string): boolean => isBuiltIn(name) && findBuiltIn(name).needsModel

/** Parameters as a schema takes them, or a refusal that names each one that is wrong. */
export function checkedParams(
  name: string,
  schema: z.ZodObject,
  params: Record<string, unknown>,
): Record<string, unknown> {
  const parsed = schema.safeParse(params)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.join(', ')}: not a parameter of this template`
      : `${issue.path.join('.')}: ${issue.message}`,
  )
  const known = Object.keys(schema.shape).join(', ') || 'none'
  throw new HubError('invalid', `template ${name}: ${problems.join('; ')}`, {
    hint: `Parameters: ${known}. template_read shows them in full.`,
  })
}

function findBuiltIn(name: string): BuiltIn {
  const definition = isBuiltIn(name) ? builtIns[name] : undefined
  if (definition) return definition
  throw noTemplate(name, [])
}

export function noTemplate(name: string, others: string[], hint?: string): HubError {
  const names = [...templateNames, ...others]
  const close = nearest(name, names)
  return new HubError('not_found', `there is no template ${JSON.stringify(name)}`, {
    hint: hint ?? (close ? `Did you mean ${close}?` : `Templates: ${names.join(', ')}.`),
  })
}

/** A built-in template as listings show it. */
export function describeBuiltIn(name: string): Template {
  const { maxAttempts: _policy, params, ...shown } = findBuiltIn(name)
  const { $schema: _dialect, ...schema } = z.toJSONSchema(params, { io: 'input' })
  return { name, kind: 'built-in', ...shown, params: schema }
}
