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
