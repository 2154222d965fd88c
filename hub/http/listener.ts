import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { HubError, errorBody, httpStatus } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { PodGateway as Links } from '../../servers/kit/pod-gateway.ts'
import type { HttpParts } from './parts.ts'
import { AppSandbox } from './app-sandbox.ts'
import { McpHttp } from './mcp.ts'
import { assertBounded } from './body.ts'
import { serveChat } from './chat.ts'
import { Connections } from './connections.ts'
import { guard, isGit } from './guard.ts'
import { createServer } from './node-http.ts'
import { openPort } from './open-port.ts'
import { PodGateway } from './pods/gateway.ts'
import { streamEvents, streamLog } from './streams.ts'
import { acceptUpgrades } from './upgrades.ts'

export type Listener = {
  /** The address that was asked for. */
  url: string
  /** How this machine itself reaches it, pods with a network of their own included. */
  localUrl: string
  pods: PodGateway
  close(signal: AbortSignal): Promise<void>
}

export type Door = {
  hub: HttpParts
  auth: HttpParts['auth']
  mesh: HttpParts['mesh']
  hosts: Set<string>
  cookie: string
  apps: AppSandbox
  pods: PodGateway
}

/**
 * The hub's one port. Each request passes the guard here, at the level of Node's own server, before
 * any routing: what the guard has not seen, nothing sees. `/mcp` and the streams are served
 * directly, because they carry nearly all calls; everything else goes through Hono.
 */
export async function listen(hub: HttpParts): Promise<Listener> {
  const hosts = new Set<string>()
  const { host, port, appsPort, appsUrl } = hub.config()
  const apps = new AppSandbox({ host, port: appsPort, url: appsUrl, hosts, log: hub.log })
  const pods = new PodGateway(hub, { host, hosts })
  const door: Door = { hub, auth: hub.auth, mesh: hub.mesh, hosts, cookie: '', apps, pods }
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
    // A push of many megabytes over a slow line is one request.
    { requestTimeout: 1_800_000, headersTimeout: 60_000, keepAliveTimeout: 65_000 },
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
    const found = guard(request, path, door)
    const principal = found instanceof Promise ? await found : found
    // For what outlives this moment: a credential may be revoked while a stream is open.
    const again = async () => required(await guard(request, path, door))
    if (principal && hub.draining && principal.kind !== 'agent') throw draining()
    if (principal) hub.rateLimit.take(principal)
    if (principal && (path === '/mcp' || path.startsWith('/mcp/')))
      return await mcp.serve(request, response, { path, principal, again })
    if (principal && path === '/events') return streamEvents(hub, again, request, response)
    const logOf = principal && /^\/tasks\/([\w-]{1,60})\/log\/stream$/.exec(path)?.[1]
    if (principal && logOf) return streamLog(hub, again, logOf, request, response)
    if (principal && (path === '/chat' || path.startsWith('/chat/')))
      return serveChat({ hub, principal, again }, path, request, response)
    if (principal && isGit(path)) {
      const { serveGit } = await import('./git/door.ts')
      return serveGit(hub, principal, path, { request, response })
    }
    if (principal) principals.set(request, principal)
    assertBounded(request)
    routes ??= loadRoutes()
    return (await routes)(request, response)
  }

  acceptUpgrades(server, hub, connections, async (request, path) => {
    const principal = required(await guard(request, path, door))
    if (hub.draining) throw draining()
    return principal
  })
  const bound = await openPort(server, { host, port }).catch((error: unknown) => {
    throw cannotListen(error as NodeJS.ErrnoException, host, port) // Nothing else fails there.
  })
  door.cookie = `switchyard_${bound.port}` // Cookies ignore ports, and a machine may run two hubs.
  for (const name of allowedHosts(hub, host, bound.port)) door.hosts.add(name.toLowerCase())
  await pods.restore()
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${shown === '0.0.0.0' || shown === '[::]' ? '127.0.0.1' : shown}:${bound.port}`,
    localUrl: bound.localUrl,
    pods,
    async close(signal) {
      await Promise.all([apps.close(), pods.close()])
      const closed = bound.close()
      connections.close(signal)
      await closed
    },
  }
}

/** The gateway to pods of who listens, once it does. */
export const gatewayOf = (listener: () => Listener | undefined): Links => ({
  link: (host, ticket) => {
    const pods = listener()?.pods
    if (!pods) throw new HubError('unavailable', 'the hub does not listen yet')
    return pods.link(host, ticket)
  },
})

function refuse(hub: HttpParts, response: ServerResponse, thrown: unknown): void {
  const known = thrown instanceof HubError
  const error = known ? thrown : new HubError('internal', 'the request failed inside the hub')
  if (!known) hub.log.error({ error: thrown }, 'a request failed unexpectedly')
  if (error.code === 'canceled' || response.headersSent) return void response.destroy()
  const body = JSON.stringify({ error: errorBody(error) })
  response.writeHead(httpStatus[error.code], {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(error.code === 'unauthenticated' ? { 'www-authenticate': scheme(response) } : {}),
    ...(error.code === 'unavailable' ? { 'retry-after': '2' } : {}),
    // A body that was refused unread would be taken for the next request, or be waited for.
    ...(['exhausted', 'unauthenticated'].includes(error.code) ? { connection: 'close' } : {}),
    ...(error.code === 'exhausted' ? retryAfter(error) : {}),
  })
  response.end(body)
}

/** Git asks for a password where it is offered to. */
const scheme = ({ req }: ServerResponse) =>
  isGit(req.url ?? '') ? 'Basic realm="switchyard", charset="UTF-8"' : 'Bearer'

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

function cannotListen(
  error: NodeJS.ErrnoException & { address?: string },
  host: string,
  port: number,
): Error {
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new HubError('unavailable', `${host} is no address of this machine`, {
      hint: 'That of a mesh is there once the machine has joined it (`tailscale status`): start again then. Others: `ip address`.',
      cause: error,
    })
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error
  const why = error.code === 'EADDRINUSE' ? 'is in use' : 'may not be opened'
  return new HubError('conflict', `port ${port} on ${error.address ?? host} ${why}`, {
    hint: 'Stop what listens there, or choose another with --port (0 takes a free one).',
    cause: error,
  })
}
