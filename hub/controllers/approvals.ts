import { pause } from '../../servers/kit/clock.ts'
import { nextApprovalExpiry } from '../../servers/orchestration/store/approvals.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'

/** A question that is asked meanwhile may expire this much late on record; no answer is taken then. */
const longestSleepMs = 60_000
const betweenPagesMs = 20

/** Puts on record which questions nobody answered in time, so that what waits for them goes on. */
export async function approvals(context: ControllerContext): Promise<void> {
  const { store, clock, signal, call } = context
  while (!signal.aborted) {
    let sleepMs = longestSleepMs
    await guarded(context, 'approvals', async () => {
      const expiresAt = (await nextApprovalExpiry(store.reader)) ?? Infinity
      const isDue = expiresAt <= clock.now()
      if (isDue) await call('approval_expire', {})
      sleepMs = isDue ? betweenPagesMs : Math.min(longestSleepMs, expiresAt - clock.now())
    })
    await pause(clock, sleepMs, signal)
  }
}
