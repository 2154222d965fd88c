import { performance } from 'node:perf_hooks'

/**
 * Epoch milliseconds that never jump while the process lives: leases and timeouts must not expire
 * because somebody set the machine's clock.
 */
export const monotonicNow = (): number => Math.round(performance.timeOrigin + performance.now())
