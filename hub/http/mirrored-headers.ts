import type { IncomingMessage } from 'node:http'
import type { HttpParts } from './parts.ts'
import { decodeHeader } from '../rpc/headers.ts'
import type { RpcRequest } from '../rpc/protocol.ts'
import { RpcError, isObject, metaKey, rpcCode } from '../rpc/protocol.ts'

/** The field of the body that stands in `Mcp-Name`, by method. */
const named: Record<string, string> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

/**
 * Modern requests mirror in headers what those on the way need to know; a mirror that differs from the
 * body is an attack or a bug. Throws RpcError.
 */
export function checkMirrors(hub: HttpParts, message: RpcRequest, request: IncomingMessage): void {
  const { method, params = {} } = message
  const meta = isObject(params._meta) ? params._meta : {}
  if (typeof meta[metaKey.version] !== 'string') return // Refused for that, with its own code.
  expectHeader(request, 'mcp-protocol-version', meta[metaKey.version])
  expectHeader(request, 'mcp-method', method)
  const field = named[method]
  if (field !== undefined) expectHeader(request, 'mcp-name', params[field])
  if (method !== 'tools/call' || typeof params.name !== 'string') return
  const mirrored = hub.upstreams.offers.tools.get(params.name)?.mirrored
  if (!mirrored || mirrored.size === 0) return
  const args = isObject(params.arguments) ? params.arguments : {}
  for (const [header, argument] of mirrored) {
    expectHeader(request, `mcp-param-${header}`, mirrorOf(args[argument]))
  }
}

const mirrorOf = (value: unknown): string | undefined =>
  typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : typeof value === 'string'
      ? value
      : undefined

function expectHeader(request: IncomingMessage, header: string, inBody: unknown): void {
  const inHeader = decodeHeader(request.headers[header])
  if (inHeader === inBody) return
  // Numbers may be spelled in more than one way.
  const [a, b] = [Number(inHeader), Number(inBody)]
  if (header.startsWith('mcp-param-') && inHeader?.trim() && a === b) return
  throw new RpcError(
    rpcCode.headerMismatch,
    `the header ${header} is ${JSON.stringify(inHeader ?? null)} and the body says ${JSON.stringify(inBody ?? null)}`,
  )
}
