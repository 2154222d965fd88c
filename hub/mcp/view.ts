import type { View } from '../rpc/caller.ts'
import type { McpParts } from './parts.ts'
import { RpcError, rpcCode } from '../rpc/protocol.ts'

const everything: View = {}

/** `/mcp`, `/mcp/SERVER`, and `?view=lean` or `?tools=task_*,change_*` to be shown less. */
export function viewOf(hub: McpParts, path: string, url: string): View {
  if (url === '/mcp') return everything // Nearly every call.
  const query = new URL(url, 'http://hub').searchParams
  const view = query.get('view')
  if (view !== null && view !== 'lean' && view !== 'all') {
    throw new RpcError(
      rpcCode.params,
      `there is no view ${JSON.stringify(view.slice(0, 60))}; use lean or all`,
    )
  }
  const patterns = query
    .get('tools')
    ?.split(',')
    .map((pattern) => pattern.trim())
    .filter(Boolean)
  const shown = { lean: view === 'lean', ...(patterns ? { patterns } : {}) }
  if (path === '/mcp') return shown
  const server = path.slice('/mcp/'.length)
  const isOwn = hub.registry.servers.some(({ name }) => name === server)
  if (isOwn || hub.upstreams.link(server)) return { ...shown, server }
  throw new RpcError(
    rpcCode.method,
    `there is no server ${JSON.stringify(server.slice(0, 60))} here`,
  )
}
