import { timingSafeEqual } from 'node:crypto'
import type { Principal } from '../../schemas/principal.ts'
import type { Store } from '../../servers/kit/store.ts'
import { digestOf, mintToken, readToken } from '../../servers/kit/tokens.ts'
import { owner } from './owner.ts'

type Known = { principal: Principal; expiresAt: number }

const maxKnown = 10_000
const loginMs = 10 * 60_000
const sessionMs = 30 * 24 * 3_600_000

/**
 * From credential to Principal; nothing else in the hub reads tokens. Answers are remembered until
 * any token is revoked, so that a call costs a map look-up and not a query.
 */
export class Authenticator {
  readonly #store: Store
  readonly #ownerDigest: Buffer
  readonly #now: () => number
  readonly #known = new Map<string, Known>()

  constructor(store: Store, token: string, now: () => number) {
    this.#store = store
    this.#ownerDigest = Buffer.from(digestOf(token), 'hex')
    this.#now = now
    store.topics.subscribe('tokens', () => this.#known.clear())
  }

  /** Who a bearer token speaks for. */
  bearer(token: string): Principal | undefined {
    return this.#lookUp(token, 'access')
  }

  /** Who a dashboard cookie speaks for. */
  session(token: string): Principal | undefined {
    return this.#lookUp(token, 'session')
  }

  /** A code that `redeem` turns into a session, once, within ten minutes. */
  loginCode(principal: Principal, id: string): Promise<string> {
    return this.#store.write((tx) =>
      mintToken(tx, {
        id,
        purpose: 'login',
        principal,
        label: 'login link',
        expiresAt: tx.now + loginMs,
      }),
    )
  }

  /** A session for a login code, or undefined when the code is unknown, old or used. */
  redeem(code: string, id: string): Promise<{ token: string; maxAgeSeconds: number } | undefined> {
    return this.#store.write((tx) => {
      const found = readToken(this.#store, code, 'login', tx.now)
      if (!found) return undefined
      tx.run('DELETE FROM tokens WHERE id = :id', { id: found.id })
      const { principal } = found
      const token = mintToken(tx, {
        id,
        purpose: 'session',
        principal,
        label: 'dashboard',
        expiresAt: tx.now + sessionMs,
      })
      return { token, maxAgeSeconds: sessionMs / 1000 }
    })
  }

  #lookUp(token: string, purpose: 'access' | 'session'): Principal | undefined {
    const key = `${purpose}:${token}`
    const known = this.#known.get(key)
    if (known) return known.expiresAt > this.#now() ? known.principal : undefined
    if (
      purpose === 'access' &&
      timingSafeEqual(Buffer.from(digestOf(token), 'hex'), this.#ownerDigest)
    ) {
      return this.#remember(key, { principal: owner, expiresAt: Infinity })
    }
    const found = readToken(this.#store, token, purpose, this.#now())
    return (
      found &&
      this.#remember(key, { principal: found.principal, expiresAt: found.expiresAt ?? Infinity })
    )
  }

  #remember(key: string, known: Known): Principal {
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(key, known)
    return known.principal
  }
}
