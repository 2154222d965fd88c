import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HubError, errorBody, httpStatus } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { HttpParts } from './parts.ts'
import { AppSandbox } from './app-sandbox.ts'
import { McpHttp } from './mcp.ts'
import { assertBounded } from './body.ts'
import { serveChat } from './chat.ts'
import { Connections } from './connections.ts'
import { guard } from './guard.ts'
import { createServer } from './node-http.ts'
import { streamEvents, streamLog } from './streams.ts'
import { acceptUpgrades } from './upgrades.ts'

export type Listener = { url: string; close(signal: AbortSignal): Promise<void> }

export type Door = { hub: HttpParts; hosts: Set<string>; cookie: string; apps: AppSandbox }

/**
 * The hub's one port. Each request passes the guard here, at the level of Node's own server, before
 * any routing: what the guard has not seen, nothing sees. `/mcp` and the streams are served
 * directly, because they carry nearly all calls; everything else goes through Hono.
 */
export async function listen(hub: HttpParts, host: string, port: number): Promise<Listener> {
  const hosts = new Set<string>()
  const { appsPort, appsUrl } = hub.config()
  const apps = new AppSandbox({ host, port: appsPort, url: appsUrl, hosts, log: hub.log })
  const door: Door = { hub, hosts, cookie: '', apps }
  const mcp = new McpHttp(hub)
  const principals = new WeakMap<IncomingMessage, Principal>()
  // Loaded at the first request that needs it: MCP clients do not wait for it.
  let routes: Promise<RequestListener> | undefined
  const loadRoutes = async () => {
    const { makeListener } = await import('./routes.ts')
    return makeListener(door, (request) => principals.get(request))
  }

  const connections = new Connections()
  const server = createServer(
    { requestTimeout: 120_000, keepAliveTimeout: 65_000 },
    (request, response) => {
      connections.serve(request.socket, response)
      serve(request, response).catch((error: unknown) => refuse(hub, response, error))
    },
  )
  server.on('connection', (socket) => connections.add(socket))
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? '/'
    const query = url.indexOf('?')
    const path = query < 0 ? url : url.slice(0, query)
    const principal = await guard(request, path, { auth: hub.auth, ...door })
    // For what outlives this moment: a credential may be revoked while a stream is open.
    const again = async () => required(await guard(request, path, { auth: hub.auth, ...door }))
    if (principal && hub.draining && principal.kind !== 'agent') throw draining()
    if (principal) hub.rateLimit.take(principal)
    if (principal && (path === '/mcp' || path.startsWith('/mcp/')))
      return mcp.serve(request, response, { path, principal, again })
    if (principal && path === '/events') return streamEvents(hub, again, request, response)
    const logOf = principal && /^\/tasks\/([\w-]{1,60})\/log\/stream$/.exec(path)?.[1]
    if (principal && logOf) return streamLog(hub, again, logOf, request, response)
    if (principal && (path === '/chat' || path.startsWith('/chat/')))
      return serveChat({ hub, principal, again }, path, request, response)
    if (principal) principals.set(request, principal)
    assertBounded(request)
    routes ??= loadRoutes()
    return (await routes)(request, response)
  }

  acceptUpgrades(server, hub, connections, async (request, path) => {
    const principal = required(await guard(request, path, { auth: hub.auth, ...door }))
    if (hub.draining) throw draining()
    return principal
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port)))
    server.listen(port, host, resolve)
  })
  const bound = server.address() as AddressInfo // A TCP server that listens has one.
  door.cookie = `switchyard_${bound.port}` // Cookies ignore ports, and a machine may run two hubs.
  for (const name of allowedHosts(hub, host, bound.port)) door.hosts.add(name.toLowerCase())
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${shown === '0.0.0.0' || shown === '[::]' ? '127.0.0.1' : shown}:${bound.port}`,
    async close(signal) {
      await apps.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        connections.close(signal)
      })
    },
  }
}

function refuse(hub: HttpParts, response: ServerResponse, thrown: unknown): void {
  const known = thrown instanceof HubError
  const error = known ? thrown : new HubError('internal', 'the request failed inside the hub')
  if (!known) hub.log.error({ error: thrown }, 'a request failed unexpectedly')
  if (error.code === 'canceled' || response.headersSent) return void response.destroy()
  const body = JSON.stringify({ error: errorBody(error) })
  response.writeHead(httpStatus[error.code], {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(error.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(error.code === 'unavailable' ? { 'retry-after': '2' } : {}),
    // A body that was refused unread would be taken for the next request.
    ...(error.code === 'exhausted' ? { connection: 'close', ...retryAfter(error) } : {}),
  })
  response.end(body)
}

/** In whole seconds, as HTTP has it. */
const retryAfter = ({ details }: HubError) =>
  typeof details?.retryAfterMs === 'number'
    ? { 'retry-after': String(Math.ceil(details.retryAfterMs / 1000)) }
    : {}

const allowedHosts = (hub: HttpParts, host: string, port: number): string[] => [
  ...['127.0.0.1', 'localhost', '[::1]', host].map((name) => `${name}:${port}`),
  ...(port === 80 ? ['127.0.0.1', 'localhost', host] : []),
  ...hub
    .config()
    .allowedHosts.split(',')
    .map((name) => name.trim())
    .filter(Boolean),
]

function required(principal: Principal | undefined): Principal {
  if (principal) return principal
  throw new HubError('unauthenticated', 'this needs a credential')
}

const draining = () =>
  new HubError('unavailable', 'the hub is shutting down and takes no new calls', {
    hint: 'Send the call again in a moment.',
  })

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error
  const why = error.code === 'EADDRINUSE' ? 'is in use' : 'may not be opened'
  return new HubError('conflict', `port ${port} on ${host} ${why}`, {
    hint: 'Stop what listens there, or choose another with --port (0 takes a free one).',
    cause: error,
  })
}
