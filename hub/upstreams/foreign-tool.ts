import { HubError } from '../../schemas/errors.ts'
import { isObject } from '../rpc/protocol.ts'

/** A tool as the upstream describes it; the hub passes on what it does not know. */
export type ForeignTool = { name: string; description?: string; inputSchema: object } & Record<
  string,
  unknown
>

export const isTool = (value: unknown): value is ForeignTool =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  typeof value.name === 'string' &&
  'inputSchema' in value &&
  typeof value.inputSchema === 'object'

/**
 * What a tool says of its own effect. Hints come from the server and may be wrong, so one is believed only
 * where it makes the hub stricter. https://modelcontextprotocol.io/specification/2026-07-28/server/tools
 */
export function effectHint({ annotations }: ForeignTool): 'destroy' | undefined {
  const hints = typeof annotations === 'object' && annotations !== null ? annotations : {}
  return 'destructiveHint' in hints && hints.destructiveHint === true ? 'destroy' : undefined
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/**
 * Throws `invalid` where arguments lack what the tool's schema requires, or one has another JSON type. No more
 * than that is looked at: patterns of a stranger's schema could run for ever, and the server checks it all.
 */
export function checkArguments(name: string, { inputSchema }: ForeignTool, args: unknown): void {
  const { required, properties } = inputSchema as Record<string, unknown>
  const given = isObject(args) ? args : {}
  const missing = (Array.isArray(required) ? required : []).filter(
    (field) => !(String(field) in given),
  )
  const wrong = Object.entries(isObject(properties) ? properties : {}).flatMap(
    ([field, schema]) => {
      const type = isObject(schema) ? schema.type : undefined
      const [value, wanted] = [given[field], type === 'integer' ? 'number' : type]
      return value === undefined || typeof wanted !== 'string' || typeOf(value) === wanted
        ? []
        : [`${field} is ${typeOf(value)} in place of ${String(type)}`]
    },
  )
  const troubles = [...missing.map((field) => `${String(field)} is missing`), ...wrong]
  if (troubles.length > 0)
    throw new HubError('invalid', `${name}: ${troubles.join('; ')}`, {
      hint: `It takes ${Object.keys(isObject(properties) ? properties : {}).join(', ') || 'nothing'}.`,
    })
}
