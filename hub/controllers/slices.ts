import { randomUUID } from 'node:crypto'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Transaction } from '../../servers/kit/sql.ts'
import type { Store } from '../../servers/kit/store.ts'

/** What one slice may take of the writer; callers wait behind it. */
const sliceMs = 4
/** The writer belongs to callers for so long after each slice. */
const restMs = 20
const least = 5
const most = 2000

export type Removal = {
  store: Pick<Store, 'reader' | 'transaction' | 'usedBytes'>
  signal: AbortSignal
}

/**
 * Repeats a removal of as many rows at a time as the writer has time for, until one finds fewer, and
 * returns how many it were in all.
 */
export async function inSlices(
  { store, signal }: Removal,
  remove: (tx: Transaction, count: number) => Promise<number>,
): Promise<number> {
  let count = 50
  let total = 0
  while (!signal.aborted) {
    let tookMs = 0
    const removed = await store.transaction(async (tx) => {
      const startedAt = performance.now()
      const rows = await remove(tx, count)
      tookMs = performance.now() - startedAt
      return rows
    })
    total += removed
    if (removed < count) return total
    const fitting = (count * sliceMs) / Math.max(tookMs, 0.1)
    count = Math.round(Math.min(most, count * 2, Math.max(least, fitting)))
    await setTimeout(restMs)
  }
  return total
}

/** The last of what `next` finds, looking on from one find to the next, while others get their turns. */
export async function lastOf<T>(
  { signal }: Removal,
  next: (after: T | undefined) => Promise<T | undefined>,
): Promise<T | undefined> {
  let last: T | undefined
  while (!signal.aborted) {
    const found = await next(last)
    if (found === undefined) break
    last = found
    await setImmediate()
  }
  return last
}

/** The audit row of a removal. */
export const removalEntry = (tool: string, args: object, subject?: string, org = '*') => ({
  org,
  principal: 'controller-retention',
  tool,
  outcome: 'ok',
  subject,
  args: JSON.stringify(args),
  requestId: randomUUID(),
})
