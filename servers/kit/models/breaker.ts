const failuresBeforeRest = 3
const firstRestMs = 10_000
const longestRestMs = 5 * 60_000
const maxKnown = 1000

/**
 * A circuit breaker for each model: after a few failures of its server in a row the model rests, longer
 * each time, and then one call tries it again. What is wrong with a request itself says nothing about
 * the server and does not count.
 */
export class Breaker {
  readonly #states = new Map<string, { failures: number; restUntil: number }>()

  /** How long the model still rests; 0 where it may be asked. The first to ask after a rest is its trial. */
  restMs(model: string, now: number): number {
    const state = this.#states.get(model)
    if (!state || state.restUntil === 0) return 0
    if (state.restUntil > now) return state.restUntil - now
    state.restUntil = now + firstRestMs // For all others, until the trial has come back.
    return 0
  }

  succeeded(model: string): void {
    this.#states.delete(model)
  }

  failed(model: string, error: unknown, now: number): void {
    if (!isOfServer(error)) return this.succeeded(model)
    const failures = (this.#states.get(model)?.failures ?? 0) + 1
    const rests = failures - failuresBeforeRest
    const restUntil = rests < 0 ? 0 : now + Math.min(longestRestMs, firstRestMs * 2 ** rests)
    if (this.#states.size >= maxKnown) this.#states.clear()
    this.#states.set(model, { failures, restUntil })
  }
}

/** Answers that only say what is wrong with the request or the key come with a status below 500. */
function isOfServer(error: unknown): boolean {
  const status = (error as { statusCode?: unknown } | null)?.statusCode // As the provider libraries name it.
  return typeof status !== 'number' || status >= 500 || status === 429 || status === 408
}
