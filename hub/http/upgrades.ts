import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { HubError, httpStatus } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { HttpParts } from './parts.ts'
import { RpcError } from '../rpc/protocol.ts'
import { serveStdio } from '../mcp/stdio.ts'
import { viewOf } from '../mcp/view.ts'
import type { Connections } from './connections.ts'

/** The protocol name under which `switchyard stdio` joins a running hub. */
export const pipeProtocol = 'switchyard-pipe'

/**
 * Connections that stop being HTTP: `/mcp` for programs that speak MCP line by line, as on a pipe, and
 * `/v1/stream` for WebSockets. They pass the same guard as every request.
 */
export function acceptUpgrades(
  server: Server,
  hub: HttpParts,
  connections: Connections,
  authenticate: (request: IncomingMessage, path: string) => Promise<Principal>,
): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    accept(request, socket, head).catch((error: unknown) => refuse(hub, socket, error))
  })
  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path = '/'] = (request.url ?? '/').split('?')
    // Asked again for each message: a connection may outlive the credential that opened it.
    const principal = () => authenticate(request, path)
    await principal()
    if (path === '/v1/stream') {
      const { streamStatus } = await import('./status-socket.ts')
      return streamStatus(hub, principal, request, socket, head)
    }
    const isPipe = request.headers.upgrade === pipeProtocol
    if (!isPipe || (path !== '/mcp' && !path.startsWith('/mcp/')))
      throw new HubError('not_found', `there is nothing to upgrade to at ${path}`)
    const view = viewOf(hub, path, request.url ?? '')
    const ready = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${pipeProtocol}\r\n\r\n`
    socket.write(ready)
    if (head.length > 0) socket.unshift(head)
    const release = connections.hold(request.socket)
    try {
      await serveStdio(hub, {
        principal,
        view,
        input: socket,
        output: socket,
      })
    } finally {
      release()
      socket.end()
    }
  }
}

function refuse(hub: HttpParts, socket: Duplex, error: unknown): void {
  const known = error instanceof HubError || error instanceof RpcError
  if (!known) hub.log.error({ error }, 'a connection failed unexpectedly')
  const status = error instanceof HubError ? httpStatus[error.code] : known ? 400 : 500
  const body = known ? error.message : 'the request failed inside the hub'
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
