import { words } from '../format.ts'
import type { JsonSchema } from '../mcp.ts'

/** How a schema is asked for. What cannot be drawn is typed as JSON. */
export type Shape =
  | { kind: 'const'; value: unknown }
  | { kind: 'options'; options: string[] }
  | { kind: 'boolean' }
  | { kind: 'number'; isWhole: boolean }
  | { kind: 'text' }
  | { kind: 'object'; properties: [string, JsonSchema][] }
  | { kind: 'record'; values: JsonSchema }
  | { kind: 'several'; options: string[] }
  | { kind: 'list'; items: JsonSchema }
  | { kind: 'choice'; branches: JsonSchema[] }
  | { kind: 'any' }
  | { kind: 'json' }

/** The shape of a schema, read once for drawing it and for reading it back. */
export function shapeOf(schema: JsonSchema): Shape {
  const { type, properties, additionalProperties: more, items } = schema
  const branches = schema.oneOf ?? schema.anyOf
  if ('const' in schema) return { kind: 'const', value: schema.const }
  if (isTexts(schema.enum)) return { kind: 'options', options: schema.enum }
  if (branches?.length === 1 && branches[0]) return shapeOf(branches[0])
  if (branches) return isText(branches) ? { kind: 'text' } : { kind: 'choice', branches }
  if (type === 'null') return { kind: 'const', value: null }
  if (type === 'boolean') return { kind: 'boolean' }
  if (type === 'integer' || type === 'number')
    return { kind: 'number', isWhole: type === 'integer' }
  if (type === 'string') return { kind: 'text' }
  if (type === 'array' && items)
    return isTexts(items.enum) ? { kind: 'several', options: items.enum } : { kind: 'list', items }
  if (type === 'object' && properties && typeof more !== 'object')
    return { kind: 'object', properties: Object.entries(properties) }
  if (type === 'object' && !properties && more !== false)
    return { kind: 'record', values: typeof more === 'object' ? more : {} }
  return Object.keys(schema).some((key) => !spoken.has(key)) ? { kind: 'json' } : { kind: 'any' }
}

/** Words of a schema that say nothing about its form. */
const spoken = new Set(['title', 'description', 'default', 'examples'])

/** Whether every branch is a text, and one takes any: then there is nothing to choose. */
const isText = (branches: JsonSchema[]): boolean =>
  branches.every((one) => one.type === 'string') &&
  branches.some((one) => shapeOf(one).kind === 'text')

const isTexts = (values: unknown[] | undefined): values is string[] =>
  values !== undefined && values.length > 0 && values.every((one) => typeof one === 'string')

/** What a branch of a choice is called. */
export function branchLabel(schema: JsonSchema): string {
  if (schema.title !== undefined) return schema.title
  const shape = shapeOf(schema)
  switch (shape.kind) {
    case 'const':
      return shape.value === null
        ? 'Nothing (null)'
        : label(JSON.stringify(shape.value).replaceAll('"', ''))
    case 'object': {
      const named = shape.properties.find(([, property]) => 'const' in property)
      if (named) return label(JSON.stringify(named[1].const).replaceAll('"', ''))
      const keys = shape.properties.map(([name]) => words(name))
      return label(keys.slice(0, 3).join(', ')) + (keys.length > 3 ? ' …' : '')
    }
    case 'options':
      return shape.options.slice(0, 3).join(', ')
    case 'boolean':
      return 'Yes or no'
    case 'number':
      return 'Number'
    case 'text':
      return 'Text'
    case 'list':
    case 'several':
      return 'List'
    case 'record':
      return 'Named values'
    case 'choice':
    case 'any':
    case 'json':
      return 'JSON'
  }
}

/** Which branch a value is of; the first where none says so. */
export function branchOf(branches: JsonSchema[], value: unknown): number {
  const at = branches.findIndex((branch) => fits(branch, value))
  return Math.max(0, at)
}

function fits(schema: JsonSchema, value: unknown): boolean {
  const shape = shapeOf(schema)
  switch (shape.kind) {
    case 'const':
      return shape.value === value
    case 'options':
      return typeof value === 'string' && shape.options.includes(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'number':
      return typeof value === 'number'
    case 'text':
      return typeof value === 'string'
    case 'list':
    case 'several':
      return Array.isArray(value)
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
      const given = value as Record<string, unknown> // An object, by the line before.
      const isKnown = Object.keys(given).every((key) =>
        shape.properties.some(([name]) => name === key),
      )
      return (
        isKnown &&
        shape.properties.every(
          ([name, property]) => !('const' in property) || property.const === given[name],
        )
      )
    }
    case 'record':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'choice':
      return shape.branches.some((branch) => fits(branch, value))
    case 'any':
    case 'json':
      return true
  }
}

/** A field's name as people read it, with its unit unless that is said beside the number. */
export function label(name: string, isUnitSaid = false): string {
  const spaced = words(name).replaceAll(
    /([a-z])([A-Z])/g,
    (_pair, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  )
  const whole = spaced.replace(/ ms$/, isUnitSaid ? '' : ' in milliseconds')
  const text = whole.replaceAll(/\b[a-z]+\b/g, (word) => written.get(word) ?? word)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What of a name is no word, as people say or write it. */
const written = new Map(
  Object.entries({
    ...{ usd: 'USD', mb: 'MiB', gb: 'GB', url: 'URL', json: 'JSON', ca: 'CA' },
    ...{ cpus: 'CPUs', gpus: 'GPUs', ttl: 'time to live' },
  }),
)
