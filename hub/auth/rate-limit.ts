import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'

type Bucket = { tokens: number; at: number }

const maxBuckets = 10_000

/**
 * So many requests a second for each principal, with a burst of twice that; who asks for more waits and
 * takes nothing from others. 0 switches it off; the owner is never limited.
 */
export class RateLimit {
  readonly #perSecond: () => number
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  constructor(perSecond: () => number, now: () => number) {
    this.#perSecond = perSecond
    this.#now = now
  }

  /** Throws `exhausted` when the principal has asked too often. */
  take(principal: Principal): void {
    const perSecond = this.#perSecond()
    if (perSecond === 0 || principal.roles.includes('owner')) return
    const now = this.#now()
    const burst = perSecond * 2
    const bucket = this.#buckets.get(principal.id) ?? this.#open(principal.id, now, burst)
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond)
    bucket.at = now
    if (bucket.tokens >= 1) return void bucket.tokens--
    const waitMs = Math.ceil(((1 - bucket.tokens) / perSecond) * 1000)
    throw new HubError(
      'exhausted',
      `${principal.id} sends more than ${perSecond} requests a second`,
      {
        hint: `Wait ${waitMs} ms and send it again.`,
        details: { retryAfterMs: waitMs },
      },
    )
  }

  #open(id: string, at: number, tokens: number): Bucket {
    // A full bucket says no more than a missing one.
    if (this.#buckets.size >= maxBuckets) this.#buckets.clear()
    const bucket = { tokens, at }
    this.#buckets.set(id, bucket)
    return bucket
  }
}
