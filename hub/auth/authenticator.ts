import { timingSafeEqual } from 'node:crypto'
import type { Principal } from '../../schemas/principal.ts'
import type { Store } from '../../servers/kit/store.ts'
import { digestOf, mintToken, readToken, revokeToken } from '../../servers/kit/store/tokens.ts'
import { owner } from './owner.ts'

type Cached = { principal: Principal; expiresAt: number }

const maxCached = 10_000
const loginMs = 10 * 60_000
const sessionMs = 30 * 24 * 3_600_000

/**
 * From credential to Principal; nothing else in the hub reads tokens. Answers are cached until
 * any token is revoked, so that a call costs a map look-up and not a query.
 */
export class Authenticator {
  readonly #store: Store
  readonly #ownerDigest: Buffer
  readonly #now: () => number
  readonly #cache = new Map<string, Cached>()
  /** Grows with each revocation: what was read before one must not be cached after it. */
  #generation = 0

  constructor(store: Store, token: string, now: () => number) {
    this.#store = store
    this.#ownerDigest = Buffer.from(digestOf(token), 'hex')
    this.#now = now
    store.topics.subscribe('tokens', () => {
      this.#cache.clear()
      this.#generation++
    })
  }

  /** Who a bearer token speaks for. */
  bearer(token: string): Promise<Principal | undefined> {
    return this.#lookUp(token, 'access')
  }

  /** Who a dashboard cookie speaks for. */
  session(token: string): Promise<Principal | undefined> {
    return this.#lookUp(token, 'session')
  }

  /** A code that `redeem` turns into a session, once, within ten minutes. */
  loginCode(principal: Principal, id: string): Promise<string> {
    return this.#store.transaction((tx) =>
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
    return this.#store.transaction(async (tx) => {
      const found = await readToken(tx, code, 'login', tx.now)
      if (!found) return undefined
      await revokeToken(tx, found.id)
      const { principal } = found
      const token = await mintToken(tx, {
        id,
        purpose: 'session',
        principal,
        label: 'dashboard',
        expiresAt: tx.now + sessionMs,
      })
      return { token, maxAgeSeconds: sessionMs / 1000 }
    })
  }

  async #lookUp(token: string, purpose: 'access' | 'session'): Promise<Principal | undefined> {
    const key = `${purpose}:${token}`
    const cached = this.#cache.get(key)
    if (cached) return cached.expiresAt > this.#now() ? cached.principal : undefined
    if (
      purpose === 'access' &&
      timingSafeEqual(Buffer.from(digestOf(token), 'hex'), this.#ownerDigest)
    ) {
      return this.#keep(key, { principal: owner, expiresAt: Infinity })
    }
    const generation = this.#generation
    const found = await readToken(this.#store.reader, token, purpose, this.#now())
    if (generation !== this.#generation) return this.#lookUp(token, purpose)
    if (!found) return undefined
    return this.#keep(key, { principal: found.principal, expiresAt: found.expiresAt ?? Infinity })
  }

  #keep(key: string, cached: Cached): Principal {
    if (this.#cache.size >= maxCached) this.#cache.clear()
    this.#cache.set(key, cached)
    return cached.principal
  }
}
