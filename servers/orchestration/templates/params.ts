import { z } from 'zod'
import type { TemplateFile, TemplateParam } from '../../../schemas/template.ts'
import { HubError } from '../../../schemas/errors.ts'

/** The parameters of a repository's template as a schema, built from what its file says. */
export function paramsSchema({ name, params }: TemplateFile): z.ZodObject {
  const shape: Record<string, z.ZodType> = {}
  for (const [key, param] of Object.entries(params)) shape[key] = paramSchema(name, key, param)
  return z.strictObject(shape)
}

function paramSchema(template: string, name: string, param: TemplateParam): z.ZodType {
  const { description, default: preset, required } = param
  const base = valueSchema(param)
  const schema = description === '' ? base : base.describe(description)
  if (preset === undefined) return required ? schema : schema.optional()
  const fits = base.safeParse(preset)
  if (fits.success) return schema.default(preset)
  throw new HubError(
    'invalid',
    `template ${template}: the default of ${name} is none of its own values: ${z.prettifyError(fits.error)}`,
  )
}

function valueSchema({
  type,
  enum: values,
  minimum,
  maximum,
  maxLength,
}: TemplateParam): z.ZodType {
  switch (type) {
    case 'boolean':
      return z.boolean()
    case 'integer':
    case 'number': {
      const whole = type === 'integer' ? z.int() : z.number()
      const least = minimum === undefined ? whole : whole.min(minimum)
      return maximum === undefined ? least : least.max(maximum)
    }
    case 'string':
      return values ? z.enum(values as [string, ...string[]]) : z.string().max(maxLength ?? 2000) // Its schema wants one.
  }
}
