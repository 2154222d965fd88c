import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HubError } from '../../../schemas/errors.ts'
import type { ExposureRow } from '../../../servers/cluster/store/exposures.ts'
import type { ClusterDriver, PodPort } from '../../../servers/kit/cluster-driver.ts'
import { Agent } from '../node-http.ts'

/** Requests and open WebSockets of one exposure at a time. */
const maxOpen = 128
const maxConnections = 64
/** The hub's credential for a cluster is renewed meanwhile. */
const wayMs = 60_000

/** A port of a pod while it is in use: its connections, and when it was last used. */
export class Exposed {
  readonly row: ExposureRow
  readonly #driver: ClusterDriver
  readonly #now: () => number
  readonly #open = new Set<ServerResponse | Duplex>()
  readonly #ended = new AbortController()
  readonly agent = new Agent({
    keepAlive: true,
    maxSockets: maxConnections,
    maxFreeSockets: 8,
  })
  #way: { port: Promise<PodPort>; until: number } | undefined
  #usedAt: number

  constructor(row: ExposureRow, driver: ClusterDriver, now: () => number) {
    this.row = row
    this.#driver = driver
    this.#now = now
    this.#usedAt = now()
    this.agent.createConnection = (_options, settle) => {
      this.connect().then(
        (socket) => settle?.(null, socket),
        (error: Error) => settle?.(error, undefined as never), // None: there is an error.
      )
      return undefined
    }
  }

  /** Aborts when it is exposed no longer. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** When it was last used; now, while anything is open. */
  get usedAt(): number {
    return this.#open.size > 0 ? this.#now() : this.#usedAt
  }

  /** The way to the port. */
  way(): Promise<PodPort> {
    if (this.#way && this.#way.until > this.#now()) return this.#way.port
    const { pod, port } = this.row
    const way = { port: this.#driver.reach(pod, port), until: this.#now() + wayMs }
    way.port.catch(() => {
      if (this.#way === way) this.#way = undefined
    })
    this.#way = way
    return way.port
  }

  async connect(): Promise<Duplex> {
    return (await this.way()).connect()
  }

  /** Counts something as open until it is closed. */
  hold(open: ServerResponse | Duplex): void {
    if (this.#open.size >= maxOpen)
      throw new HubError('exhausted', `${maxOpen} requests to this port are under way already`)
    this.#open.add(open)
    open.once('close', () => {
      this.#open.delete(open)
      this.#usedAt = this.#now()
    })
  }

  close(): void {
    this.#ended.abort()
    for (const one of this.#open) one.destroy()
    this.agent.destroy()
  }
}
