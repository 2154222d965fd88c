import { HubError } from '../../schemas/errors.ts'

/**
 * Wakes those who wait for something to change. It carries no content: a woken reader looks in the
 * store, so a lost or doubled wake-up is harmless.
 */
export class Topics {
  readonly #listeners = new Map<string, Set<() => void>>()
  #closed = false

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
   * Resolves true when any of the topics is emitted, false when the time is over. Rejects when the
   * hub shuts down: a caller that took that for a time-out would look and wait again for ever.
   */
  wait(topics: string[], timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(canceled())
      if (this.#closed) return reject(closing())
      if (timeoutMs <= 0) return resolve(false)
      const release = () => {
        clearTimeout(timer)
        for (const unsubscribe of subscriptions) unsubscribe()
        signal?.removeEventListener('abort', abort)
      }
      const finish = (woken: boolean) => {
        release()
        resolve(woken)
      }
      const abort = () => {
        release()
        reject(canceled())
      }
      const timer = setTimeout(() => finish(false), timeoutMs)
      const subscriptions = topics.map((topic) => this.subscribe(topic, () => finish(true)))
      const shut = () => {
        release()
        reject(closing())
      }
      subscriptions.push(this.subscribe('closing', shut))
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  /** Ends every wait, also later ones; used when the hub drains. */
  close(): void {
    this.#closed = true
    this.emit('closing')
  }
}

const closing = () =>
  new HubError('unavailable', 'the hub is shutting down', {
    hint: 'Send the same call again in a moment.',
  })
const canceled = () => new HubError('canceled', 'the caller gave up waiting')
