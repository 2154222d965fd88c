import { HubError } from '../../schemas/errors.ts'

/** Lets so many calls in at a time; the others wait their turn, or until they are canceled. */
export class Limiter {
  readonly #limit: number
  #running = 0
  #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  /** What the caller calls when it is done: at once where there is room, else when it is its turn. */
  enter(signal: () => AbortSignal): (() => void) | Promise<() => void> {
    if (this.#running >= this.#limit) return this.#turn(signal())
    this.#running++
    return this.#leave
  }

  readonly #leave = (): void => {
    // The place goes straight to the next one, so that nobody slips in between.
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running--
  }

  #turn(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        signal.removeEventListener('abort', give)
        resolve(this.#leave)
      }
      const give = () => {
        this.#waiting = this.#waiting.filter((other) => other !== next)
        reject(new HubError('canceled', 'the call was canceled'))
      }
      this.#waiting.push(next)
      signal.addEventListener('abort', give, { once: true })
    })
  }
}
