/**
 * Header values of 2026-07-28: what is not plain visible ASCII travels as `=?base64?…?=`, and so does
 * what would be taken for that, or would lose a space at its ends.
 */
export const encodeHeader = (value: string): string =>
  /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !sentinel.test(value)
    ? value
    : `=?base64?${Buffer.from(value).toString('base64')}?=`

/** The value a header stands for, undefined when it is missing. Null where it is no base64 but claims to be. */
export function decodeHeader(value: string | string[] | undefined): string | null | undefined {
  if (typeof value !== 'string') return undefined
  if (!value.startsWith('=?')) return value
  const encoded = sentinel.exec(value)?.[1]
  if (encoded === undefined) return value
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.toString('base64') === encoded ? bytes.toString('utf8') : null
}

const sentinel = /^=\?base64\?(.*)\?=$/

type Property = { type?: unknown; 'x-mcp-header'?: unknown }

/**
 * The parameters a tool wants mirrored into `Mcp-Param-*` headers, by header name, or what is wrong
 * with its wishes: only strings, integers and booleans at the top level may be mirrored, under names
 * that HTTP allows and that differ in more than case.
 */
export function mirroredParams(inputSchema: object): Map<string, string> | string {
  const mirrored = new Map<string, string>()
  const { properties } = inputSchema as { properties?: Record<string, Property> } // A JSON Schema.
  for (const [field, property] of Object.entries(properties ?? {})) {
    const header: unknown = property?.['x-mcp-header']
    if (header === undefined) continue
    if (typeof header !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(header))
      return `${field}: ${JSON.stringify(header)} is no header name`
    if (!['string', 'integer', 'boolean'].includes(String(property.type)))
      return `${field}: only strings, integers and booleans can be mirrored`
    const name = header.toLowerCase()
    if (mirrored.has(name)) return `${field}: the header ${header} is taken`
    mirrored.set(name, field)
  }
  return mirrored
}

/** The headers for a call's arguments; what is absent or null is left out. */
export function paramHeaders(
  mirrored: Map<string, string>,
  args: Record<string, unknown>,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, field] of mirrored) {
    const value = args[field]
    if (typeof value === 'string') headers[`mcp-param-${name}`] = encodeHeader(value)
    else if (typeof value === 'number' || typeof value === 'boolean')
      headers[`mcp-param-${name}`] = String(value)
  }
  return headers
}
