import { HubError } from '../../schemas/errors.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'

/** Someone who hears topics until disposed of. */
export type Listener = Disposable & {
  /**
   * Resolves true when any of the topics was emitted since the last call, false when the time is over.
   * Rejects when the hub shuts down: a caller that took that for a time-out would look and wait again
   * for ever.
   */
  next(timeoutMs: number, signal?: AbortSignal): Promise<boolean>
}

/**
 * Wakes those who wait for something to change. It carries no content: a woken reader looks in the
 * store, so a lost or doubled wake-up is harmless.
 */
export class Topics {
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #clock: Clock
  #closed = false

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Calls `listener` at each emit until the returned function is called. */
  subscribe(topic: string, listener: () => void): () => void {
    const set = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, set.add(listener))
    return () => {
      set.delete(listener)
      if (set.size === 0 && this.#listeners.get(topic) === set) this.#listeners.delete(topic)
    }
  }

  emit(topic: string): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener()
  }

  /**
   * Hears the topics from now on, so that whoever looks in the store between two waits misses nothing
   * that is committed while he looks.
   */
  listen(topics: string[]): Listener {
    let isEmitted = false
    let wake = ignore
    const unsubscribes = topics.map((topic) =>
      this.subscribe(topic, () => {
        isEmitted = true
        wake()
      }),
    )
    return {
      next: (timeoutMs, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(canceled())
          if (this.#closed) return reject(closing())
          const finish = (woken: boolean) => {
            release()
            isEmitted = false
            resolve(woken)
          }
          const fail = (error: HubError) => {
            release()
            reject(error)
          }
          const abort = () => fail(canceled())
          const release = () => {
            wake = ignore
            cancelTimeout()
            unsubscribe()
            signal?.removeEventListener('abort', abort)
          }
          const cancelTimeout = this.#clock.after(timeoutMs, () => finish(false))
          const unsubscribe = this.subscribe('closing', () => fail(closing()))
          signal?.addEventListener('abort', abort, { once: true })
          wake = () => finish(true)
          if (isEmitted || timeoutMs <= 0) finish(isEmitted)
        }),
      [Symbol.dispose]: () => unsubscribes.forEach((unsubscribe) => unsubscribe()),
    }
  }

  /** Ends every wait, also later ones; used when the hub drains. */
  close(): void {
    this.#closed = true
    this.emit('closing')
  }
}

const ignore = () => {}
const closing = () =>
  new HubError('unavailable', 'the hub is shutting down', {
    hint: 'Send the same call again in a moment.',
  })
const canceled = () => new HubError('canceled', 'the caller gave up waiting')
