import type { Identity } from '../rpc/protocol.ts'
import type { McpParts } from './parts.ts'
import { isObject } from '../rpc/protocol.ts'
import { Session } from '../rpc/session.ts'

const maxSessions = 5000
const idleMs = 3_600_000

/** The sessions of one door, oldest use first. Only the principal that opened one may use it. */
export class Sessions {
  readonly #hub: McpParts
  readonly #open = new Map<string, Session>()

  constructor(hub: McpParts) {
    this.#hub = hub
  }

  /** A session for a client that says `initialize`. */
  open(principal: string, params: Record<string, unknown>): Session {
    this.#makeRoom()
    const session = new Session(principal, identityIn(params), this.#hub.now())
    const stop = this.#hub.notifications.subscribe((notification) => session.hear(notification))
    session.onEnd(stop)
    session.onEnd(() => this.#hub.upstreams.forget(session.id))
    this.#open.set(session.id, session)
    return session
  }

  find(id: string, principal: string): Session | undefined {
    const session = this.#open.get(id)
    if (session?.principal !== principal) return undefined
    session.usedAt = this.#hub.now()
    return session
  }

  end(session: Session): void {
    this.#open.delete(session.id)
    session.end()
  }

  endAll(): void {
    for (const session of [...this.#open.values()]) this.end(session)
  }

  #makeRoom(): void {
    const before = this.#hub.now() - idleMs
    for (const session of [...this.#open.values()]) {
      const isUnused = session.usedAt < before && session.running.size === 0
      if (isUnused || this.#open.size >= maxSessions) this.end(session)
    }
  }
}

function identityIn({ clientInfo, capabilities }: Record<string, unknown>): Identity {
  return {
    info: isObject(clientInfo) ? clientInfo : { name: 'unknown', version: '0' },
    capabilities: isObject(capabilities) ? capabilities : {},
  }
}
