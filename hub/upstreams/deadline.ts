/** Fires when an upstream was silent for too long. Being asked something by it is not silence. */
export class Deadline {
  readonly #ms: number
  readonly #onOver: () => void
  #timer: NodeJS.Timeout | undefined
  #paused = 0
  #ended = false

  constructor(ms: number, onOver: () => void) {
    this.#ms = ms
    this.#onOver = onOver
    this.renew()
  }

  renew(): void {
    if (this.#ended || this.#paused > 0 || this.#ms === Infinity) return
    if (this.#timer) this.#timer.refresh()
    else this.#timer = setTimeout(this.#onOver, this.#ms)
  }

  /** Does not run while `work` does. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#paused++
    clearTimeout(this.#timer)
    this.#timer = undefined
    try {
      return await work
    } finally {
      this.#paused--
      this.renew()
    }
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }
}
