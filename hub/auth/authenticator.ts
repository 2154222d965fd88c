import { timingSafeEqual } from 'node:crypto'
import type { Principal } from '../../schemas/principal.ts'
import type { Clusters } from '../../servers/kit/clusters.ts'
import type { Store } from '../../servers/kit/store.ts'
import { digestOf, mintToken, readToken, revokeToken } from '../../servers/kit/store/tokens.ts'
import { owner } from './owner.ts'
import { PodCredentials, isStatement } from './pod-credentials.ts'

type Cached = { principal: Principal; expiresAt: number }
type Purpose = 'access' | 'session'
type Found = Principal | undefined | Promise<Principal | undefined>

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
  readonly #pods: PodCredentials
  readonly #cache = { access: new Map<string, Cached>(), session: new Map<string, Cached>() }
  /** Grows with each revocation: what was read before one must not be cached after it. */
  #generation = 0

  constructor(store: Store, token: string, now: () => number, clusters: Clusters) {
    this.#store = store
    this.#pods = new PodCredentials(store, clusters, now)
    this.#ownerDigest = Buffer.from(digestOf(token), 'hex')
    this.#now = now
    store.topics.subscribe('tokens', () => {
      this.#cache.access.clear()
      this.#cache.session.clear()
      this.#generation++
    })
  }

  /** Who a bearer token speaks for; at once where it was asked before. */
  bearer(token: string): Found {
    return isStatement(token) ? this.#pods.principal(token) : this.#lookUp(token, 'access')
  }

  /** Who a dashboard cookie speaks for. */
  session(token: string): Found {
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

  #lookUp(token: string, purpose: Purpose): Found {
    const cached = this.#cache[purpose].get(token)
    if (cached) return cached.expiresAt > this.#now() ? cached.principal : undefined
    if (
      purpose === 'access' &&
      timingSafeEqual(Buffer.from(digestOf(token), 'hex'), this.#ownerDigest)
    ) {
      return this.#keep(token, purpose, { principal: owner, expiresAt: Infinity })
    }
    return this.#read(token, purpose)
  }

  async #read(token: string, purpose: Purpose): Promise<Principal | undefined> {
    const generation = this.#generation
    const found = await readToken(this.#store.reader, token, purpose, this.#now())
    if (generation !== this.#generation) return this.#lookUp(token, purpose)
    if (!found) return undefined
    const { principal, expiresAt } = found
    return this.#keep(token, purpose, { principal, expiresAt: expiresAt ?? Infinity })
  }

  #keep(token: string, purpose: Purpose, cached: Cached): Principal {
    const cache = this.#cache[purpose]
    if (cache.size >= maxCached) cache.clear()
    cache.set(token, cached)
    return cached.principal
  }
}
