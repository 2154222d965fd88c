import type { Clock } from '../../servers/kit/clock.ts'

/** A clock that moves only when a test says so; what becomes due runs in order of its time. */
export class ManualClock implements Clock {
  #now: number
  readonly #timers = new Set<{ at: number; run: () => void }>()

  constructor(startAt = Date.UTC(2026, 0, 1)) {
    this.#now = startAt
  }

  now = (): number => this.#now

  after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + delayMs, run }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Moves time on and runs what becomes due, letting promises settle after each. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#now = end
  }

  /** Moves time on as a machine does that slept: what became due meanwhile runs once, now. */
  async jump(byMs: number): Promise<void> {
    this.#now += byMs
    await this.advance(0)
  }
}
