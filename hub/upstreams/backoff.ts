const firstMs = 250
const maxMs = 60_000

/** Tries again after pauses that grow, until it is told that all is well. */
export class Backoff {
  #ms = firstMs
  #timer: NodeJS.Timeout | undefined

  again(act: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(act, this.#ms).unref()
    this.#ms = Math.min(maxMs, this.#ms * 2)
  }

  reset(): void {
    this.#ms = firstMs
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
