import { pause } from '../../servers/kit/clock.ts'
import { repositoriesToWatch } from '../../servers/radicle/store/change-marks.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'

const everyMs = 30_000

/**
 * Takes in what others say and do of open changes where their repositories are kept: a patch on
 * Radicle, a pull request on a forge. What is written there is an event here like any other, so that
 * a review on Radicle starts the next attempt as one in the dashboard does. A repository that cannot
 * be reached is tried again, and holds up no other.
 */
export async function incoming(context: ControllerContext): Promise<void> {
  const { clock, signal, store } = context
  while (!signal.aborted) {
    await attempt(context, async () => {
      for (const repo of await repositoriesToWatch(store.reader)) {
        if (signal.aborted) return
        await attempt(context, () => lookAt(context, repo))
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
