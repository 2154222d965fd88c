import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Config } from '../../../schemas/config.ts'
import { HubError, httpStatus } from '../../../schemas/errors.ts'
import type { Principal } from '../../../schemas/principal.ts'
import { listExposures } from '../../../servers/cluster/store/exposures.ts'
import type { Clock } from '../../../servers/kit/clock.ts'
import type { Clusters } from '../../../servers/kit/clusters.ts'
import type { PodGateway as Links } from '../../../servers/kit/pod-gateway.ts'
import type { Store } from '../../../servers/kit/store.ts'
import type { Calls } from '../../calls/calls.ts'
import { createServer } from '../node-http.ts'
import { admit, openPath, openSession } from './admission.ts'
import { Editors } from './editors.ts'
import { Exposed } from './exposed.ts'
import { forward } from './forward.ts'
import { GatewayAddress } from './gateway-address.ts'
import { forwardUpgrade } from './upgrade.ts'

const idleMs = 30 * 60_000
const sweepMs = 30_000

export type GatewayParts = {
  config(): Config
  clock: Clock
  clusters: Clusters
  store: Store
  log: Logger
  calls: Pick<Calls, 'tool'>
}

const principal: Principal = {
  kind: 'service',
  id: 'pod-gateway',
  roles: ['controller'],
  orgs: ['*'],
}

/**
 * A third origin, or rather one for each exposed port: a browser reaches what a pod serves under a host
 * name of its own, so that a page of a pod shares nothing with the hub's page or with another pod's. It
 * is let in by a ticket that it exchanges for a cookie of that name, and neither a credential of the
 * hub nor of a cluster ever reaches a pod or a browser.
 */
export class PodGateway implements Links {
  readonly #parts: GatewayParts
  readonly #address: GatewayAddress
  readonly #hosts: Iterable<string>
  readonly #exposed = new Map<string, Exposed>()
  readonly #editors: Editors
  readonly #since: number
  #opened: Promise<{ close(): void }> | undefined
  #cancelSweep: (() => void) | undefined

  /** `hosts`: names under which the hub's own page is served, which may show pods in frames. */
  constructor(parts: GatewayParts, at: { host: string; hosts: Iterable<string> }) {
    this.#parts = parts
    const { exposePort, exposeUrl } = parts.config()
    this.#address = new GatewayAddress({ host: at.host, port: exposePort, url: exposeUrl })
    this.#hosts = at.hosts
    this.#editors = new Editors(parts.clock)
    this.#since = parts.clock.now()
    parts.store.topics.subscribe('exposures', () => this.#look())
  }

  async link(host: string, ticket: string): Promise<string> {
    await this.open()
    return `${this.#address.origin(host)}${openPath}?ticket=${ticket}`
  }

  /** What a page has to be allowed to frame; undefined where the port cannot be opened. */
  async frameSource(): Promise<string | undefined> {
    try {
      await this.open()
      return this.#address.origin('*')
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      this.#parts.log.warn({ error }, 'ports of pods cannot be opened')
      return undefined
    }
  }

  /** What was exposed before a restart is there again. */
  async restore(): Promise<void> {
    const live = await listExposures(this.#parts.store.reader, this.#parts.clock.now())
    if (live.length > 0) await this.frameSource()
  }

  /** Listens, from the first time on. */
  async open(): Promise<void> {
    this.#opened ??= this.#listen().catch((error: unknown) => {
      this.#opened = undefined // It may be free the next time.
      throw error
    })
    await this.#opened
  }

  async close(): Promise<void> {
    this.#cancelSweep?.()
    for (const exposed of this.#exposed.values()) exposed.close()
    this.#exposed.clear()
    const opened = await this.#opened?.catch(() => undefined) // Whoever asked was told.
    opened?.close()
  }

  async #listen(): Promise<{ close(): void }> {
    const server = createServer(
      { keepAliveTimeout: 65_000, requestTimeout: 0 },
      (request, response) => {
        this.#serve(request, response).catch((error: unknown) => this.#refuse(response, error))
      },
    )
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy())
      this.#upgrade(request, socket, head).catch((error: unknown) =>
        socket.end(`HTTP/1.1 ${this.#told(error).status} Refused\r\nConnection: close\r\n\r\n`),
      )
    })
    const opened = await this.#address.listen(server)
    this.#sweepLater()
    return {
      close() {
        void opened.close()
        server.closeAllConnections()
      },
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = this.#address.labelOf(request.headers.host)
    const [path, query] = (request.url ?? '/').split('?', 2)
    if (path === openPath && request.method === 'GET') {
      const ticket = new URLSearchParams(query).get('ticket') ?? ''
      const { isSecure } = this.#address
      const cookie = await openSession(this.#parts.store, request, { host, ticket, isSecure })
      const kept = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
      response.writeHead(303, { location: '/', 'set-cookie': cookie, ...kept }).end()
      return
    }
    await forward(await this.#admitted(request, host), this.#way(), request, response)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const host = this.#address.labelOf(request.headers.host)
    await forwardUpgrade(await this.#admitted(request, host), this.#way(), request, {
      socket,
      head,
    })
  }

  #way() {
    // A policy has no words for addresses of IPv6.
    const names = [...this.#hosts].filter((name) => !name.startsWith('['))
    const pages = names.flatMap((name) => [`http://${name}`, `https://${name}`])
    const proto = this.#address.isSecure ? 'https' : 'http'
    return { proto, ancestors: `frame-ancestors 'self' ${pages.join(' ')}` }
  }

  async #admitted(request: IncomingMessage, host: string): Promise<Exposed> {
    const { clusters, clock, store } = this.#parts
    const row = await admit(store.reader, request, { host, now: clock.now() })
    const driver = clusters.get(row.cluster)
    const exposed = this.#exposed.get(row.id) ?? new Exposed(row, driver, () => clock.now())
    this.#exposed.set(row.id, exposed)
    if (row.kind === 'code-server') await this.#editors.ensure(exposed, driver)
    return exposed
  }

  #refuse(response: ServerResponse, error: unknown): void {
    const { status, text } = this.#told(error)
    if (response.headersSent) return void response.destroy()
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
    response.end(text)
  }

  #told(error: unknown): { status: number; text: string } {
    if (!(error instanceof HubError)) {
      this.#parts.log.error({ error }, 'a request to a pod failed unexpectedly')
      return { status: 500, text: 'the request failed inside the hub\n' }
    }
    const { code, message, hint } = error
    // What is wrong is behind this door, not with what was asked.
    const isBehind = code === 'unavailable' || code === 'conflict'
    return { status: isBehind ? 502 : httpStatus[code], text: `${message}\n${hint ?? ''}\n` }
  }

  /** Cuts what is exposed no longer. */
  #look(): void {
    if (this.#exposed.size === 0) return
    this.#current().catch((error: unknown) =>
      this.#parts.log.error({ error }, 'no look at exposures'),
    )
  }

  async #current() {
    const { store, clock } = this.#parts
    const live = await listExposures(store.reader, clock.now())
    for (const [id, exposed] of this.#exposed) {
      if (live.some((row) => row.id === id)) continue
      exposed.close()
      this.#exposed.delete(id)
    }
    return live
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#parts.clock.after(sweepMs, () => {
      this.#sweep()
        .catch((error: unknown) => this.#parts.log.error({ error }, 'no sweep of exposures'))
        .finally(() => this.#sweepLater())
    })
  }

  /** Ends what nobody has used for a while. */
  async #sweep(): Promise<void> {
    const now = this.#parts.clock.now()
    for (const { id, created_at: createdAt } of await this.#current()) {
      const usedAt = this.#exposed.get(id)?.usedAt ?? Math.max(createdAt, this.#since)
      if (now - usedAt < idleMs) continue
      await this.#parts.calls.tool(principal, 'pod_unexpose', {
        exposure: id,
        reason: 'nobody used it for half an hour',
      })
    }
  }
}
