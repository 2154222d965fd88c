import type { Identity } from '../rpc/protocol.ts'
import type { UpstreamConfig } from '../../schemas/upstream.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Channel } from './channel.ts'
import { NotSent, UpstreamEnded } from './channel.ts'
import type { ConnectionEvents } from './connection.ts'
import { Connection, answerAlone } from './connection.ts'
import type { Era } from './handshake.ts'
import { performHandshake } from './handshake.ts'
import type { ChannelOptions } from './open-channel.ts'
import { openChannel } from './open-channel.ts'

/** The server speaks the modern era and will not be handshake in the old one. */
export class ModernOnly extends HubError {
  constructor(cause: unknown) {
    super('unsupported', 'the upstream does not speak a revision before 2026-07-28', { cause })
  }
}

/** Opens connections to one upstream, and remembers what it learned of how that is done. */
export class Opener {
  readonly #config: UpstreamConfig
  readonly #options: ChannelOptions
  #era: Era = 'unknown'
  #transport: 'sse' | undefined
  #isModern = false
  #isModernOnly = false
  readonly #opening = new Set<Channel>()

  constructor(config: UpstreamConfig, options: ChannelOptions) {
    this.#config = config
    this.#options = options
  }

  /** In whichever era the server speaks, the modern one first. */
  async open(
    identity: Identity,
    events: ConnectionEvents,
    onClose: (reason: string) => void,
  ): Promise<Connection> {
    const connection = await this.#open(identity, this.#era, events, onClose)
    this.#isModern = connection.handshake.modern
    return connection
  }

  /** In the old era. Throws ModernOnly where that is impossible. */
  async openOld(
    identity: Identity,
    events: ConnectionEvents,
    onClose: (reason: string) => void,
  ): Promise<Connection> {
    if (this.#isModernOnly) throw new ModernOnly(undefined)
    try {
      return await this.#open(identity, 'legacy', events, onClose)
    } catch (error) {
      if (!this.#isModern) throw error
      this.#isModernOnly = true
      throw new ModernOnly(error)
    }
  }

  async #open(
    identity: Identity,
    era: Era,
    events: ConnectionEvents,
    onClose: (reason: string) => void,
  ): Promise<Connection> {
    let connection: Connection | undefined
    const config = this.#transport ? { ...this.#config, type: this.#transport } : this.#config
    const channel = await openChannel(config, this.#options, {
      onClose,
      onNotification: (method, params) => connection?.onNotification(method, params),
      onRequest: (method, params, signal) =>
        connection ? connection.onRequest(method, params, signal) : answerAlone(method),
    })
    this.#opening.add(channel)
    try {
      connection = new Connection(channel, await performHandshake(channel, identity, era), events)
      return connection
    } catch (error) {
      await channel.close() // A server that answers nothing would else be left running at each try.
      if (this.#isOlder(error)) return this.#open(identity, era, events, onClose)
      if (era === 'unknown' && error instanceof UpstreamEnded) this.#era = 'legacy'
      // Asked nothing but who it is, it has carried nothing out.
      throw error instanceof UpstreamEnded ? new NotSent(error.message) : error
    } finally {
      this.#opening.delete(channel)
    }
  }

  /** Closes what is being opened: nobody waits for it any more. */
  async abandon(): Promise<void> {
    await Promise.all([...this.#opening].map((channel) => channel.close()))
  }

  /** A server that refuses POST is one of the time before Streamable HTTP. */
  #isOlder(error: unknown): boolean {
    const status = error instanceof HubError ? error.details?.status : undefined
    const { url, type } = this.#config
    if (url === undefined || type !== undefined || this.#transport) return false
    if (status !== 404 && status !== 405) return false
    this.#transport = 'sse'
    return true
  }
}
