import type { ErrorBody } from '../schemas/errors.ts'

/** A tool that failed, with the code and hint that the hub gave. */
export class ToolError extends Error {
  readonly body: ErrorBody

  constructor(body: ErrorBody) {
    super(body.message)
    this.body = body
  }
}

/** What was thrown, as an error to show. */
export const toolError = (error: unknown): ToolError =>
  error instanceof ToolError ? error : new ToolError({ code: 'internal', message: String(error) })

/** That the hub cannot be reached. What the browser says of it helps nobody. */
export const hubAway = (): ToolError =>
  new ToolError({ code: 'unavailable', message: 'the hub does not answer' })

export type ListedTool = {
  name: string
  title?: string
  description?: string
  inputSchema: JsonSchema
  outputSchema?: JsonSchema
  annotations?: { readOnlyHint?: boolean; destructiveHint?: boolean; title?: string }
  _meta?: { ui?: { resourceUri?: string; visibility?: string[] } }
}
/** What of JSON Schema tools use; a schema of another server may say more. */
export type JsonSchema = {
  type?: string | string[]
  title?: string
  description?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  enum?: unknown[]
  const?: unknown
  default?: unknown
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
}

/** What a call of any tool gives, also of one that answers in texts and pictures. */
export type ToolAnswer = {
  structuredContent?: unknown
  content?: { type: string; text?: string; data?: string; mimeType?: string; uri?: string }[]
  isError?: boolean
}

export type ResourceContents = {
  uri: string
  mimeType?: string
  text?: string
  blob?: string
  _meta?: { ui?: { csp?: object } }
}

type Reply = {
  result?: ToolAnswer & {
    contents?: ResourceContents[]
    tools?: ListedTool[]
    _meta?: { 'switchyard/error'?: ErrorBody }
  }
  error?: { code: number | string; message: string; hint?: string }
}

const version = '2026-07-28'
const meta = {
  'io.modelcontextprotocol/protocolVersion': version,
  'io.modelcontextprotocol/clientCapabilities': {
    extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } },
  },
  'io.modelcontextprotocol/clientInfo': { name: 'switchyard-dashboard', version: '1' },
  'switchyard/output': 'structured',
}

let nextId = 1

/** Calls a tool of the hub. The dashboard has no other way in: it is one more MCP client. */
export async function callTool<T>(name: string, args: Record<string, unknown> = {}): Promise<T> {
  return (await answerOf(name, args)).structuredContent as T // The tool's output schema states it.
}

/** Calls a tool, whoever serves it, and gives all that it answered. */
export async function answerOf(name: string, args: Record<string, unknown>): Promise<ToolAnswer> {
  const { result, error } = await request('tools/call', { name, arguments: args }, { name })
  const failure = result?._meta?.['switchyard/error']
  if (failure) throw new ToolError(failure)
  if (error) throw new ToolError({ code: 'invalid', message: error.message })
  return result ?? {}
}

/** The tools that the person at the browser may call, of all servers or of one. */
export async function listTools(server?: string): Promise<ListedTool[]> {
  const path = server === undefined ? '/mcp' : `/mcp/${encodeURIComponent(server)}`
  return (await request('tools/list', {}, { path })).result?.tools ?? []
}

/** Sends any request to the hub, at `path`; what comes back may be an error of the protocol. */
export async function request(
  method: string,
  params: object,
  { name, path = '/mcp' }: { name?: string; path?: string },
): Promise<Reply> {
  const response = await fetch(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(name === undefined ? {} : { 'mcp-name': name }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: nextId++,
      method,
      params: { ...params, _meta: meta },
    }),
  }).catch(() => {
    throw hubAway()
  })
  const reply = (await response.json()) as Reply // Every answer of the hub is JSON of this form.
  if (typeof reply.error?.code === 'string') throw new ToolError(reply.error as ErrorBody) // Told by its code.
  return reply
}
