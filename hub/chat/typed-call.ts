import { HubError } from '../../schemas/errors.ts'
import { parseStrictly } from '../rpc/json.ts'
import { RpcError, isObject } from '../rpc/protocol.ts'

type Field = { type?: string | string[]; anyOf?: Field[] }

/** A call that a person typed: the tool, and the text of its arguments. */
export type Typed = { name: string; rest: string }

/** `/TOOL …` or `/tool TOOL …`; undefined where the text is no call. A space before it makes it a text. */
export function typedCall(text: string): Typed | undefined {
  const [, name, rest = ''] =
    /^\/(?:tool\s+)?([a-zA-Z][\w.-]{0,127})(?:\s+([\s\S]*))?$/.exec(text.trimEnd()) ?? []
  return name === undefined || name === 'tool' ? undefined : { name, rest: rest.trim() }
}

/** The arguments: JSON, or `name=value` with values in quotes where they have spaces, by the tool's schema. */
export function typedArguments({ name, rest }: Typed, schema: object): Record<string, unknown> {
  if (rest === '') return {}
  if (rest.startsWith('{')) return parsedJson(name, rest)
  const properties = 'properties' in schema && isObject(schema.properties) ? schema.properties : {}
  const args: Record<string, unknown> = {}
  const pair = /\s*([\w.-]+)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/y
  for (let at = 0; at < rest.length; at = pair.lastIndex) {
    pair.lastIndex = at
    const [, field, value] = pair.exec(rest) ?? []
    if (field === undefined || value === undefined)
      throw new HubError(
        'invalid',
        `${JSON.stringify(rest.slice(at).trim().slice(0, 60))} is no argument`,
        {
          hint: `Write \`/${name} name=value other="two words"\` or \`/${name} {"name": …}\`.`,
        },
      )
    args[field] = toValue(unquoted(value), properties[field] as Field | undefined, value) // By JSON Schema.
  }
  return args
}

function parsedJson(name: string, text: string): Record<string, unknown> {
  try {
    const value = parseStrictly(text)
    if (isObject(value)) return value
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    throw new HubError('invalid', `the arguments of /${name} are no JSON: ${error.message}`)
  }
  throw new HubError('invalid', `the arguments of /${name} are no JSON object`)
}

function unquoted(value: string): string {
  if (value.startsWith("'")) return value.slice(1, -1)
  return value.startsWith('"') && value.length > 1
    ? value.slice(1, -1).replace(/\\(.)/g, '$1')
    : value
}

/** Text where the schema takes text; else what the text says as JSON, if it is some. */
function toValue(value: string, field: Field | undefined, written: string): unknown {
  if (takesText(field) || written.startsWith('"') || written.startsWith("'")) return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    return value // The tool says what it takes.
  }
}

const takesText = (field: Field | undefined): boolean =>
  field !== undefined &&
  (field.type === 'string' ||
    (Array.isArray(field.type) && field.type.includes('string')) ||
    (field.anyOf ?? []).some(takesText))
