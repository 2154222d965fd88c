import { availableParallelism, cpus } from 'node:os'

/** Shorter times are too coarse to tell: the system counts in hundredths of a second. */
const leastMs = 1000

type Times = { at: number; busyMs: number; allMs: number }

let last: Times | undefined
let busy: number | undefined

/**
 * How many cores of this machine are busy: what all programs used since the last look that is a second
 * old. Undefined until there is one.
 */
export function busyCores(): number | undefined {
  const now = timesNow()
  last ??= now
  if (now.at - last.at < leastMs) return busy
  const share = (now.busyMs - last.busyMs) / Math.max(1, now.allMs - last.allMs)
  last = now
  // A process that may run on a part of the cores sees the times of all.
  busy = Math.round(Math.min(1, Math.max(0, share)) * availableParallelism() * 100) / 100
  return busy
}

function timesNow(): Times {
  let [busyMs, allMs] = [0, 0]
  for (const { times } of cpus()) {
    const working = times.user + times.nice + times.sys + times.irq
    busyMs += working
    allMs += working + times.idle
  }
  return { at: performance.now(), busyMs, allMs }
}
