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
