import { lookup } from 'node:dns/promises'
import { createServer, request as send } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Egress } from '../../../../schemas/egress.ts'
import { controlName, dialOf } from './dials.ts'
import type { Dials } from './dials.ts'
import { isAllowed, isReachable } from './policy.ts'

/** What a pod's own bridge calls the hub. */
const hubName = 'hub.switchyard.internal'
const connectMs = 20_000
const maxConnections = 256

type Parts = {
  /** What the pod's org allows now. */
  egress(): Egress
  /** Where the hub listens now. */
  hub(): URL
  onDenied(host: string): void
  dials: Dials
}

type Target = { host: string; port: number }

/**
 * The way out of a pod that has a network of its own: a forward proxy at a socket that only this pod
 * is shown. It looks names up itself and connects to what it found, so that a name cannot lead to
 * another address than the one that was judged.
 */
export function egressProxy(parts: Parts): Server {
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    forward(parts, request, response).catch((error: unknown) => {
      if (response.headersSent) return response.destroy()
      response.writeHead(statusOf(error), { 'content-type': 'text/plain', connection: 'close' })
      return response.end(`${textOf(error)}\n`)
    })
  })
  server.maxConnections = maxConnections
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy())
    tunnel(parts, request, client, head).catch((error: unknown) =>
      client.end(`HTTP/1.1 ${statusOf(error)} Refused\r\n\r\n${textOf(error)}\n`),
    )
  })
  return server
}

async function tunnel(parts: Parts, { url = '' }: IncomingMessage, client: Duplex, head: Buffer) {
  const [, host = '', port] = /^(.+):(\d{1,5})$/.exec(url) ?? []
  const socket = client as Socket // Of a server that listens at a socket.
  if (host === controlName) return parts.dials.attach(socket)
  const dial = dialOf(host)
  if (dial !== undefined) {
    if (head.length > 0) client.unshift(head)
    return parts.dials.bring(dial, socket)
  }
  const out = await open(parts, { host, port: Number(port) })
  out.on('error', () => client.destroy())
  client.once('close', () => out.destroy())
  out.once('close', () => client.destroy())
  client.write('HTTP/1.1 200 Connection established\r\n\r\n')
  if (head.length > 0) out.write(head)
  client.pipe(out).pipe(client)
}

async function forward(parts: Parts, request: IncomingMessage, response: ServerResponse) {
  if (!URL.canParse(request.url ?? '')) throw new Refusal(400, 'this is a proxy for other hosts')
  const url = new URL(request.url ?? '')
  if (url.protocol !== 'http:') throw new Refusal(400, 'use CONNECT for anything but http')
  const out = await open(parts, { host: url.hostname, port: Number(url.port || 80) })
  const { connection: _connection, 'proxy-connection': _proxy, ...headers } = request.headers
  const asked = send({
    createConnection: () => out,
    method: request.method,
    path: url.pathname + url.search,
    headers: { ...headers, host: url.host, connection: 'close' },
    setHost: false,
  })
  response.once('close', () => out.destroy())
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve)
    asked.once('error', reject)
  })
  pipeline(request, asked).catch(() => undefined) // What went wrong shows in the answer.
  const answer = await answered
  const { connection: _kept, 'keep-alive': _alive, ...more } = answer.headers
  response.writeHead(answer.statusCode ?? 502, more)
  await pipeline(answer, response)
}

async function open(parts: Parts, target: Target): Promise<Socket> {
  if (target.host === hubName) {
    const { hostname, port } = parts.hub()
    return connected(hostname.replace(/^\[(.*)\]$/, '$1'), Number(port || 80))
  }
  const egress = parts.egress()
  const name = `${target.host}:${target.port}`
  const refuse = (why: string): never => {
    parts.onDenied(name)
    throw new Refusal(403, `${name} is refused: ${why}`)
  }
  if (!isAllowed(egress, target)) refuse("the pod's org does not list it (`egress`)")
  const { address } = await lookup(target.host.replace(/^\[(.*)\]$/, '$1'))
  if (!isReachable(egress, target.host, address)) refuse(`it leads to ${address}`)
  return connected(address, target.port)
}

const connected = (host: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: connectMs })
    socket.once('error', reject)
    socket.once('timeout', () => socket.destroy(new Error('it takes no connection')))
    socket.once('connect', () => {
      socket.setTimeout(0)
      resolve(socket)
    })
  })

class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const statusOf = (error: unknown): number => (error instanceof Refusal ? error.status : 502)
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
