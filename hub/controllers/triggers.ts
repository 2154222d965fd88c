import { pause } from '../../servers/kit/clock.ts'
import type { TriggerRow } from '../../servers/orchestration/store/triggers.ts'
import {
  conditionOf,
  listDue,
  listEnabled,
  nextDue,
  taskOf,
} from '../../servers/orchestration/store/triggers.ts'
import type { ActingContext, ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { followOccasions } from './trigger-events.ts'
import { submitRuns } from './trigger-runs.ts'

const longestSleepMs = 30_000
/** A run that is later than this was missed, for a trigger that does not catch up. */
const missedMs = 60_000
const branchLookMs = 15_000

/**
 * Fires triggers. Each occasion becomes a row in the transaction that moves the trigger on, then a task
 * under a key of that occasion, submitted on the authority of who made the trigger: a crash at any
 * point neither doubles nor loses one.
 */
export async function triggers(context: ActingContext): Promise<void> {
  await Promise.all([
    schedules(context),
    branches(context),
    followOccasions(context),
    submitRuns(context),
  ])
}

async function schedules(context: ControllerContext): Promise<void> {
  const { store, clock, signal } = context
  using changes = store.topics.listen(['triggers'])
  while (!signal.aborted) {
    let sleepMs = 1000
    await guarded(context, 'triggers', async () => {
      for (const row of await listDue(store.reader, clock.now()))
        await guarded(context, 'triggers', () => onTime(context, row))
      const dueAt = (await nextDue(store.reader)) ?? Infinity
      // What could not be fired is still due, and is tried again in a second.
      sleepMs = Math.min(longestSleepMs, dueAt > clock.now() ? dueAt - clock.now() : 1000)
    })
    const goesOn = changes.next(sleepMs, signal).then(
      () => true,
      () => false,
    )
    if (!(await goesOn)) return
  }
}

/** A schedule is fired for the time that was due, however late it is, so that it has one name. */
async function onTime({ call, clock }: ControllerContext, row: TriggerRow): Promise<void> {
  const on = conditionOf(row)
  const at = row.next_at ?? clock.now()
  const isMissed = clock.now() - at > missedMs
  const time = new Date(at).toISOString()
  await call('trigger_fire', {
    trigger: row.id,
    occasion: `at:${time}`,
    reason: isMissed ? `it was due at ${time}, while the hub was down` : `it was due at ${time}`,
    skip: isMissed && on.kind === 'schedule' && on.catchUp === 'none',
  })
}

/**
 * Looks where branches are. A look costs a Git process or two, and finds what was pushed whatever it
 * was pushed by; watching the files of a repository would miss packed and remote ones.
 */
async function branches(context: ControllerContext): Promise<void> {
  const { store, clock, signal } = context
  while (!signal.aborted) {
    await guarded(context, 'triggers', async () => {
      for (let after = '', page: TriggerRow[]; ; after = page.at(-1)?.id ?? '') {
        page = await listEnabled(store.reader, { kind: 'push', after })
        for (const row of page)
          if (!signal.aborted) await guarded(context, 'triggers', () => onBranch(context, row))
        if (page.length < 200) return
      }
    })
    await pause(clock, branchLookMs, signal)
  }
}

async function onBranch({ call, clock }: ControllerContext, row: TriggerRow): Promise<void> {
  const on = conditionOf(row)
  const { repo } = taskOf(row)
  if (on.kind !== 'push' || repo === undefined) return
  const { branches: heads } = await call<{ branches: { name: string; head: string }[] }>(
    'repo_read',
    { repo },
  )
  const head = heads.find(({ name }) => name === on.branch)?.head
  if (head === undefined || head === row.seen) return
  await call('trigger_fire', {
    trigger: row.id,
    occasion: `push:${head.slice(0, 12)}:${clock.now()}`,
    ref: head,
    reason: `${on.branch} moved to ${head.slice(0, 12)}`,
    seen: head,
  })
}
