/**
 * The two protocol eras. 2026-07-28 is stateless: each request carries its version and client
 * capabilities in `_meta`. Before it, a connection begins with `initialize`.
 * https://modelcontextprotocol.io/specification/2026-07-28
 */
export const modernVersion = '2026-07-28'
export const legacyVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']

export const metaKey = {
  version: 'io.modelcontextprotocol/protocolVersion',
  capabilities: 'io.modelcontextprotocol/clientCapabilities',
  serverInfo: 'io.modelcontextprotocol/serverInfo',
  clientInfo: 'io.modelcontextprotocol/clientInfo',
  logLevel: 'io.modelcontextprotocol/logLevel',
  subscriptionId: 'io.modelcontextprotocol/subscriptionId',
  relatedTask: 'io.modelcontextprotocol/related-task',
} as const

export const rpcCode = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  /** Before 2026-07-28; from then on it is an invalid parameter. */
  resourceNotFound: -32002,
  /** Ours, for a session that is no more. */
  session: -32001,
  headerMismatch: -32020,
  capability: -32021,
  version: -32022,
} as const

export type RpcId = string | number
export type RpcRequest = {
  jsonrpc: '2.0'
  id?: RpcId
  method: string
  params?: Record<string, unknown>
}

export type Params = Record<string, unknown>

/** What a client says of itself: with each request in the modern era, once per session before. */
export type Identity = { info: Params; capabilities: Params; logLevel?: string | undefined }

/** A protocol-level refusal, as opposed to a tool that failed, which is a result. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown
  /** Set for an upstream's error that is passed on: it says nothing about the hop to the hub. */
  readonly relayed: boolean

  constructor(code: number, message: string, data?: unknown, relayed = false) {
    super(message)
    this.code = code
    this.data = data
    this.relayed = relayed
  }
}

/** HTTP status of a protocol error in the modern era, and of what is refused before an era is known. */
export function rpcHttpStatus({ code, relayed }: RpcError): number {
  if (code === rpcCode.capability) return 400
  if (relayed) return 200
  if (code === rpcCode.method || code === rpcCode.session) return 404
  return code === rpcCode.internal ? 500 : 400
}

export const errorReply = (id: RpcId | null, error: RpcError): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: {
      code: error.code,
      message: error.message,
      ...(error.data === undefined ? {} : { data: error.data }),
    },
  })

/** What the other side answered to a request of ours. */
export type RpcReply = { id: RpcId; result?: unknown; error?: RpcFailure }
export type RpcFailure = { code: number; message: string; data?: unknown }

/** A checked JSON-RPC message: a request, a notification (without an id), or a reply. */
export function asMessage(value: unknown): RpcRequest | RpcReply {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RpcError(
      rpcCode.request,
      'the body is not one JSON-RPC message; batches are not supported',
    )
  }
  const { jsonrpc, id, method, params, result, error } = value as Record<string, unknown> // An object, as just seen.
  if (jsonrpc !== '2.0') throw new RpcError(rpcCode.request, 'not a JSON-RPC 2.0 message')
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') {
    throw new RpcError(rpcCode.request, 'the id of a request is a string or a number')
  }
  if (method === undefined && id !== undefined && (result !== undefined || isFailure(error))) {
    return { id, ...(isFailure(error) ? { error } : { result }) }
  }
  if (typeof method !== 'string')
    throw new RpcError(rpcCode.request, 'a request needs a method, a reply a result or an error')
  if (params !== undefined && !isObject(params))
    throw new RpcError(rpcCode.params, 'params is not an object')
  // Whole in one literal each: an object that is put together of parts costs several.
  if (id === undefined) return params ? { jsonrpc, method, params } : { jsonrpc, method }
  return params ? { jsonrpc, id, method, params } : { jsonrpc, id, method }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isFailure = (value: unknown): value is RpcFailure =>
  isObject(value) && typeof value.code === 'number' && typeof value.message === 'string'

export const notificationText = (method: string, params: object | undefined): string =>
  JSON.stringify({ jsonrpc: '2.0', method, ...(params ? { params } : {}) })
