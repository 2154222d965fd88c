import { parseArgs } from 'node:util'
import { z } from 'zod'
import { Settings } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { CommandName, Option } from './commands.ts'
import { commandNamed } from './commands.ts'
import type { Shape } from './shapes.ts'
import { choicesOf } from './shapes.ts'

export const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** What each setting takes. */
export const settingShapes = (): Record<string, Shape> =>
  (z.toJSONSchema(Settings) as Shape).properties ?? {} // JSON schema, as far as we follow it.

/** All options of a command: its own, then the settings that it has. */
export function optionsOf(name: string): Record<string, Option> {
  const command = commandNamed(name)
  if (!command || command.settings === 'none') return command?.options ?? {}
  const shapes = Object.entries(settingShapes())
  const settings = shapes
    .filter(([setting]) => command.settings === 'all' || setting === 'data')
    .map(([setting, shape]): [string, Option] => [
      kebab(setting),
      {
        about: shape.description ?? '',
        value: setting === 'data' ? 'DIR' : shape.type === 'integer' ? 'NUMBER' : 'TEXT',
        choices: choicesOf(shape),
      },
    ])
  return { ...command.options, ...Object.fromEntries(settings) }
}

export type Parsed = { values: Record<string, string | boolean>; positionals: string[] }

/** Reads the arguments of a command; what it does not know is refused with what would be right. */
export function parseOptions(name: CommandName, args: string[]): Parsed {
  const options = optionsOf(name)
  const known = Object.entries(options).map(
    ([option, { value }]) => [option, { type: value ? 'string' : 'boolean' }] as const,
  )
  // Not strict, because what Node says of a wrong option is of no help to whoever typed it.
  const { tokens } = parseArgs({
    args,
    options: Object.fromEntries(known),
    strict: false,
    tokens: true,
  })
  const parsed: Parsed = { values: {}, positionals: [] }
  for (const token of tokens) {
    if (token.kind === 'positional') parsed.positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (!option) throw unknownOption(name, token.rawName, Object.keys(options))
    parsed.values[token.name] = valueOf(token.rawName, option, token)
  }
  const most = commandNamed(name)?.takes.length ?? 0
  const extra = parsed.positionals[most]
  if (extra === undefined) return parsed
  throw new HubError('invalid', `${name} takes no ${JSON.stringify(extra)}`, {
    hint: `${usageOf(name)}; see \`switchyard ${name} --help\`.`,
  })
}

/** `switchyard approve APPROVAL [options]` */
export const usageOf = (name: string): string =>
  ['switchyard', name, ...(commandNamed(name)?.takes ?? []), '[options]'].join(' ')

function unknownOption(command: string, given: string, known: string[]): HubError {
  const close = nearest(given.replace(/^-+/, ''), known)
  return new HubError('invalid', `${command} has no option ${given}`, {
    hint: close ? `Did you mean --${close}?` : `\`switchyard ${command} --help\` lists them.`,
  })
}

function valueOf(
  name: string,
  { value: kind, choices = [] }: Option,
  { value, inlineValue }: { value?: string | undefined; inlineValue?: boolean | undefined },
): string | boolean {
  if (kind === undefined) {
    if (value === undefined) return true
    throw new HubError('invalid', `${name} takes no value`, { hint: `Give ${name} alone.` })
  }
  if (value === undefined || (!inlineValue && /^-./.test(value)))
    throw new HubError('invalid', `${name} needs a value`, {
      hint: `${name} ${kind}; one that begins with a dash is given as ${name}=VALUE.`,
    })
  if (choices.length > 0 && !choices.includes(value))
    throw new HubError(
      'invalid',
      `${name} must be one of ${choices.join('|')}, not ${JSON.stringify(value)}`,
    )
  return value
}
