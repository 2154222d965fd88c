import { pause } from '../../servers/kit/clock.ts'
import { repositoriesToWatch } from '../../servers/radicle/store/change-marks.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'

const everyMs = 30_000
const mostDoublings = 5

/**
 * Takes in what others say and do of open changes where their repositories are kept: a patch on
 * Radicle, a pull request on a forge. What is written there is an event here like any other, so that
 * a review on Radicle starts the next attempt as one in the dashboard does. A repository that cannot
 * be reached is tried again, and holds up no other.
 */
export async function incoming(context: ControllerContext): Promise<void> {
  const { clock, signal, store } = context
  /** Failures in a row of each repository that could not be looked at, and when that is tried again. */
  const failing = new Map<string, { times: number; nextAt: number }>()
  while (!signal.aborted) {
    await attempt(context, async () => {
      for (const repo of await repositoriesToWatch(store.reader)) {
        if (signal.aborted) return
        const { times, nextAt } = failing.get(repo) ?? { times: 0, nextAt: 0 }
        if (clock.now() < nextAt) continue
        const waitMs = everyMs * 2 ** Math.min(times, mostDoublings)
        failing.set(repo, { times: times + 1, nextAt: clock.now() + waitMs })
        await attempt(context, async () => {
          await lookAt(context, repo)
          failing.delete(repo)
        })
      }
    })
    await pause(clock, everyMs, signal)
  }
}

async function lookAt(context: ControllerContext, repo: string): Promise<void> {
  const { call, signal } = context
  const { items } = await call<{ items: { change: string; mark: string }[] }>(
    'change_watch',
    { repo },
    signal,
  )
  for (const item of items) {
    if (signal.aborted) return
    await attempt(context, () => call('change_sync', item, signal))
  }
}

/** What the end of the hub interrupts is no failure: the next start looks again. */
const attempt = (context: ControllerContext, step: () => Promise<unknown>): Promise<void> =>
  guarded(context, 'incoming', () =>
    step().catch((error: unknown) => {
      if (!context.signal.aborted) throw error
    }),
  )
