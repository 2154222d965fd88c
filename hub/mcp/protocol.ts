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
} as const

export const rpcCode = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  headerMismatch: -32020,
  version: -32022,
} as const

export type RpcId = string | number
export type RpcRequest = {
  jsonrpc: '2.0'
  id?: RpcId
  method: string
  params?: Record<string, unknown>
}

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

/** HTTP status of a protocol error in the modern era; legacy clients get 200 or 400. */
export const rpcHttpStatus = ({ code, relayed }: RpcError): number =>
  relayed ? 200 : code === rpcCode.method ? 404 : code === rpcCode.internal ? 500 : 400

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

/** A checked JSON-RPC request or notification. Replies have no place here: the hub asks nothing yet. */
export function asRequest(value: unknown): RpcRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RpcError(
      rpcCode.request,
      'the body is not one JSON-RPC request; batches are not supported',
    )
  }
  const { jsonrpc, id, method, params } = value as Record<string, unknown> // An object, as just seen.
  if (jsonrpc !== '2.0' || typeof method !== 'string')
    throw new RpcError(rpcCode.request, 'not a JSON-RPC 2.0 request')
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number') {
    throw new RpcError(rpcCode.request, 'the id of a request is a string or a number')
  }
  if (
    params !== undefined &&
    (typeof params !== 'object' || params === null || Array.isArray(params))
  ) {
    throw new RpcError(rpcCode.params, 'params is not an object')
  }
  const checked = params as Record<string, unknown> | undefined // Seen above.
  return {
    jsonrpc,
    method,
    ...(id === undefined ? {} : { id }),
    ...(checked ? { params: checked } : {}),
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RpcError(rpcCode.parse, 'the body is not JSON')
  }
}
