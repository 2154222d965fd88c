import { performance } from 'node:perf_hooks'

/**
 * Time as every part of the hub knows it. It is handed in, so that a test moves it by hand instead
 * of sleeping.
 */
export type Clock = {
  /** Epoch milliseconds that never go back. */
  now(): number
  /** Calls `run` once, `delayMs` from now, unless the returned function is called before. */
  after(delayMs: number, run: () => void): () => void
}

/**
 * Epoch milliseconds that never jump while the process lives: leases and timeouts must not expire
 * because somebody set the machine's clock.
 */
export const monotonicNow = (): number => Math.round(performance.timeOrigin + performance.now())

/** The real time. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: monotonicNow,
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref()
    return () => clearTimeout(timer)
  },
}

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export const pause = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(delayMs, end)
    signal?.addEventListener('abort', end, { once: true })
  })
