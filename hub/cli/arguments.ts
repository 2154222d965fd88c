import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { Shape } from './shapes.ts'
import { formsOf, numberText, shapeText } from './shapes.ts'

export type Listed = { name: string; title: string; description: string; inputSchema: Shape }
export type Given = { name: string; value: string | undefined }

export const optionOf = (field: string): string => `--${field.replaceAll('_', '-')}`

/** The tool of that name among those that the caller may call. */
export function toolNamed(tools: Listed[], name: string): Listed {
  const tool = tools.find((listed) => listed.name === name)
  if (tool) return tool
  const close = nearest(
    name,
    tools.map((listed) => listed.name),
  )
  throw new HubError('invalid', `there is no tool ${JSON.stringify(name)} that you may call`, {
    hint: close ? `Did you mean ${close}?` : '`switchyard tools` lists them.',
  })
}

/** What was typed, as the arguments of a tool: each value has the type that its schema names. */
export function toArguments(tool: Listed, options: Given[]): Record<string, unknown> {
  const properties = tool.inputSchema.properties ?? {}
  const result: Record<string, unknown> = {}
  for (const { name, value } of options) {
    if (name === 'json') {
      Object.assign(result, parseObject('--json', tool.inputSchema, value ?? ''))
      continue
    }
    const field = name.replaceAll('-', '_')
    const shape = Object.hasOwn(properties, field) ? properties[field] : undefined
    if (!shape) throw unknownOption(tool.name, name, Object.keys(properties))
    const converted = convert(field, shape, value)
    const before = result[field]
    result[field] =
      Array.isArray(before) && Array.isArray(converted) ? [...before, ...converted] : converted
  }
  return result
}

function unknownOption(tool: string, name: string, fields: string[]): HubError {
  const close = nearest(name.replaceAll('-', '_'), fields)
  return new HubError('invalid', `${tool} takes no --${name}`, {
    hint: close
      ? `Did you mean ${optionOf(close)}?`
      : `It takes: ${fields.map(optionOf).join(', ') || 'nothing'}.`,
  })
}

function convert(field: string, shape: Shape, value: string | undefined): unknown {
  const option = optionOf(field)
  if (value === undefined) {
    if (formsOf(shape).some(({ type }) => type === 'boolean')) return true
    throw new HubError('invalid', `${option} needs a value`, { hint: takes(shape) })
  }
  const converted = typed(option, shape, value)
  return field === 'repo' && typeof converted === 'string' ? absolutePath(converted) : converted
}

function typed(option: string, shape: Shape, value: string): unknown {
  const forms = formsOf(shape)
  const form = (...types: string[]) => forms.find(({ type }) => type && types.includes(type))
  if (value === 'null' && form('null')) return null
  if (form('boolean')) return yesOrNo(option, value)
  const list = form('array')
  if (list)
    return value.trimStart().startsWith('[')
      ? parseList(option, list, value)
      : [typed(option, list.items ?? {}, value)]
  const number = form('integer', 'number')
  if (number && !form('string')) return parseNumber(option, number, value)
  if (form('object') && !(form('string') && !value.trimStart().startsWith('{')))
    return parseObject(option, shape, value)
  return value
}

const words = new Map([
  ...['true', 'yes', '1', 'on'].map((word) => [word, true] as const),
  ...['false', 'no', '0', 'off'].map((word) => [word, false] as const),
])

/** A word that is neither is refused: read as a no, it would carry out what `--dry-run` is to keep from happening. */
function yesOrNo(option: string, value: string): boolean {
  const answer = words.get(value.toLowerCase())
  if (answer !== undefined) return answer
  throw new HubError('invalid', `${option} must be yes or no, not ${JSON.stringify(value)}`, {
    hint: 'It takes true/false, yes/no, 1/0 or on/off; without a value it is yes.',
  })
}

function parseNumber(option: string, shape: Shape, value: string): number {
  const number = value.trim() === '' ? NaN : Number(value)
  if (Number.isFinite(number) && (shape.type !== 'integer' || Number.isInteger(number)))
    return number
  const kind = Number.isFinite(number) ? 'a whole number' : 'a number'
  throw new HubError('invalid', `${option} must be ${kind}, not ${JSON.stringify(value)}`, {
    hint: `It takes ${numberText(shape)}.`,
  })
}

function parseList(option: string, shape: Shape, text: string): unknown[] {
  const value = parseJson(option, shape, text)
  if (Array.isArray(value)) return value
  throw new HubError('invalid', `${option} is not a JSON list`, { hint: takes(shape) })
}

function parseObject(option: string, shape: Shape, text: string): Record<string, unknown> {
  const value = parseJson(option, shape, text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new HubError(
    'invalid',
    `${option} must be a JSON object, not ${JSON.stringify(shortened(text))}`,
    {
      hint: takes(shape),
    },
  )
}

function parseJson(option: string, shape: Shape, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HubError('invalid', `${option} is not JSON: ${JSON.stringify(shortened(text))}`, {
      hint: takes(shape),
      cause: error,
    })
  }
}

const takes = (shape: Shape) => `It takes: ${shapeText(shape)}`

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text)

/** The hub may run in another folder, so a path is made absolute where it was typed. */
function absolutePath(value: string): string {
  const path = resolve(
    value === '~' || value.startsWith('~/') ? join(homedir(), value.slice(2)) : value,
  )
  return value.startsWith('.') || value.startsWith('~') || existsSync(path) ? path : value
}
