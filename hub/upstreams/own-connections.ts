import type { Identity } from '../rpc/protocol.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Connection, ConnectionEvents } from './connection.ts'
import type { ForeignTool } from './foreign-tool.ts'
import type { Lists } from './lists.ts'

/** What such a connection offers where that differs from what is offered to all. */
export type OwnOffer = { lists: Lists; accepted: ForeignTool[] }
type Entry = {
  connection: Promise<Connection>
  ready?: Connection
  usedAt: number
  offer?: OwnOffer
}
type Open = (
  identity: Identity,
  events: ConnectionEvents,
  onClose: () => void,
) => Promise<Connection>

const maxOpen = 64
const idleMs = 600_000

/**
 * Connections to one upstream that belong to one client each. A client that can be asked something
 * needs one in the old era, where a question says nothing about whom it is for.
 */
export class OwnConnections {
  readonly #open: Open
  readonly #isHeld: (key: string) => boolean
  readonly #entries = new Map<string, Entry>()
  #sweeper: NodeJS.Timeout | undefined

  constructor(open: Open, isHeld: (key: string) => boolean) {
    this.#open = open
    this.#isHeld = isHeld
  }

  get size(): number {
    return this.#entries.size
  }

  /** The connection under this key, opened when there is none. */
  get(key: string, identity: Identity, events: ConnectionEvents): Promise<Connection> {
    const known = this.#entries.get(key)
    if (known) {
      known.usedAt = performance.now()
      return known.connection
    }
    this.#makeRoom()
    const forget = () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
    }
    const connection = this.#open(identity, events, forget)
    const entry: Entry = { connection, usedAt: performance.now() }
    this.#entries.set(key, entry)
    connection.then((ready) => (entry.ready = ready), forget)
    this.#sweeper ??= setInterval(() => this.#sweep(), idleMs / 4).unref()
    return connection
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** The connection under this key if it is open already. */
  peek(key: string): Connection | undefined {
    return this.#entries.get(key)?.ready
  }

  offer(key: string): OwnOffer | undefined {
    return this.#entries.get(key)?.offer
  }

  keepOffer(key: string, offer: OwnOffer): void {
    const entry = this.#entries.get(key)
    if (entry) entry.offer = offer
  }

  /** Closes the connection under this key; its client is gone, or the connection is. */
  async drop(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    this.#entries.delete(key)
    const connection = await entry?.connection.catch(() => undefined) // One that never opened is closed.
    await connection?.close()
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
    await Promise.all([...this.#entries.keys()].map((key) => this.drop(key)))
  }

  #makeRoom(): void {
    if (this.#entries.size < maxOpen) return
    const idle = [...this.#entries].filter(([, { ready }]) => ready?.isIdle)
    const [oldest] = idle.toSorted(([, a], [, b]) => a.usedAt - b.usedAt)
    if (!oldest) {
      throw new HubError('exhausted', `all ${maxOpen} connections to this upstream are busy`, {
        hint: 'Send the call again when others have ended.',
      })
    }
    void this.drop(oldest[0])
  }

  /** Closes what nobody has used for long, unless its client still listens. */
  #sweep(): void {
    const before = performance.now() - idleMs
    for (const [key, { ready, usedAt }] of this.#entries)
      if (ready?.isIdle && usedAt < before && !this.#isHeld(key)) void this.drop(key)
  }
}
