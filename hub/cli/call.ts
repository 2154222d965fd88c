import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import { printResult } from './output.ts'
import { clientFor, parseSettings } from './settings.ts'

type Property = { type?: string; description?: string; anyOf?: { type?: string }[] }
export type Listed = {
  name: string
  title: string
  description: string
  inputSchema: { properties?: Record<string, Property>; required?: string[] }
}

/** `switchyard call TOOL --arg value …`: one tool call, its result as JSON on standard output. */
export async function call(args: string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name.startsWith('-')) {
    throw new HubError('invalid', 'call needs the name of a tool', {
      hint: 'switchyard call TOOL --arg value; `switchyard tools` lists them.',
    })
  }
  const { own, options } = split(rest)
  const { settings } = parseSettings(own, {})
  const client = clientFor(settings)
  const tools = await client.listTools<Listed>()
  const tool = tools.find((listed) => listed.name === name)
  if (!tool) {
    const close = nearest(
      name,
      tools.map((listed) => listed.name),
    )
    throw new HubError('invalid', `there is no tool ${JSON.stringify(name)} that you may call`, {
      hint: close ? `Did you mean ${close}?` : '`switchyard tools` lists them.',
    })
  }
  printResult(await client.call(name, toArguments(tool, options), { timeoutMs: 600_000 }))
  return 0
}

type Option = { name: string; value: string | undefined }

/** Takes the command's own options out; everything else belongs to the tool. */
function split(args: string[]): { own: string[]; options: Option[] } {
  const own: string[] = []
  const options: Option[] = []
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ''
    if (!arg.startsWith('--'))
      throw new HubError('invalid', `${JSON.stringify(arg)} is not an option`, {
        hint: 'Arguments are given as --name value.',
      })
    const equals = arg.indexOf('=')
    const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals)
    const next = args[index + 1]
    const value =
      equals >= 0
        ? arg.slice(equals + 1)
        : next !== undefined && !next.startsWith('--')
          ? args[++index]
          : undefined
    if (name === 'data') own.push('--data', value ?? '')
    else options.push({ name, value })
  }
  return { own, options }
}

function toArguments(tool: Listed, options: Option[]): Record<string, unknown> {
  const properties = tool.inputSchema.properties ?? {}
  const result: Record<string, unknown> = {}
  for (const { name, value } of options) {
    if (name === 'json') {
      Object.assign(result, parseObject(value ?? ''))
      continue
    }
    const field = name.replaceAll('-', '_')
    const property = Object.hasOwn(properties, field) ? properties[field] : undefined
    if (!property) {
      const close = nearest(field, Object.keys(properties))
      throw new HubError('invalid', `${tool.name} takes no --${name}`, {
        hint: close
          ? `Did you mean --${close.replaceAll('_', '-')}?`
          : `It takes: ${Object.keys(properties).join(', ') || 'nothing'}.`,
      })
    }
    const converted = convert(field, property, value)
    const before = result[field]
    result[field] =
      Array.isArray(before) && Array.isArray(converted) ? [...before, ...converted] : converted
  }
  return result
}

function convert(field: string, property: Property, value: string | undefined): unknown {
  const type = property.type ?? property.anyOf?.map((option) => option.type).find(Boolean)
  if (type === 'boolean') return value === undefined || value === 'true' || value === '1'
  if (value === undefined)
    throw new HubError('invalid', `--${field.replaceAll('_', '-')} needs a value`)
  if (type === 'integer' || type === 'number') return Number(value)
  if (type === 'object') return parseObject(value)
  if (type === 'array') return value.startsWith('[') ? (JSON.parse(value) as unknown[]) : [value]
  return field === 'repo' ? absolutePath(value) : value
}

/** The hub may run in another folder, so a path is made absolute where it was typed. */
function absolutePath(value: string): string {
  const path = resolve(
    value === '~' || value.startsWith('~/') ? join(homedir(), value.slice(2)) : value,
  )
  return value.startsWith('.') || value.startsWith('~') || existsSync(path) ? path : value
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch (error) {
    throw new HubError('invalid', `${JSON.stringify(text.slice(0, 80))} is not JSON`, {
      cause: error,
    })
  }
  throw new HubError('invalid', `${JSON.stringify(text.slice(0, 80))} is not a JSON object`)
}
