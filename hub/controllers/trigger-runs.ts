import type { Change } from '../../schemas/change.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Task } from '../../schemas/task.ts'
import type { TriggerRun } from '../../schemas/trigger.ts'
import type { RunRow } from '../../servers/orchestration/store/trigger-runs.ts'
import { listPending, readRun } from '../../servers/orchestration/store/trigger-runs.ts'
import { makerOf, readTrigger } from '../../servers/orchestration/store/triggers.ts'
import { stillStands } from '../auth/standing.ts'
import type { ActingContext } from './context.ts'
import { guarded } from './context.ts'

const lookMs = 5000
const patienceMs = 24 * 3_600_000
const longestPauseMs = 5 * 60_000
const submitMs = 10_000

/** Says nothing about the task: the same call may be sent again. */
const passing = new Set(['unavailable', 'exhausted', 'internal', 'canceled', 'approval_required'])

/** Submits the tasks of occasions that are on record, until each has one or cannot have one. */
export async function submitRuns(context: ActingContext): Promise<void> {
  const { store, clock, signal } = context
  const pauses = new Map<string, { until: number; ms: number }>()
  using changes = store.topics.listen(['triggers'])
  while (!signal.aborted) {
    await guarded(context, 'triggers', async () => {
      const pending = await listPending(store.reader)
      const names = new Set(pending.map(nameOf))
      for (const name of pauses.keys()) if (!names.has(name)) pauses.delete(name)
      for (const run of pending) {
        const earlier = pauses.get(nameOf(run))
        if (signal.aborted || (earlier?.until ?? 0) > clock.now()) continue
        await guarded(context, 'triggers', async () => {
          if (await submit(context, run)) return
          const ms = Math.min(longestPauseMs, (earlier?.ms ?? 1000) * 2)
          pauses.set(nameOf(run), { ms, until: clock.now() + ms })
        })
      }
    })
    const goesOn = changes.next(lookMs, signal).then(
      () => true,
      () => false,
    )
    if (!(await goesOn)) return
  }
}

/** Submits the task of one occasion; false where that has to be tried again. */
async function submit(context: ActingContext, run: RunRow): Promise<boolean> {
  const { store, clock, call, callAs } = context
  const key = { trigger: run.trigger_id, occasion: run.occasion }
  const row = await readTrigger(store.reader, run.trigger_id)
  if (!row) return true
  const maker = makerOf(row)
  if (!(await stillStands(store.reader, maker, clock.now()))) {
    const failure = `${maker.id}, who made the trigger, has no credential of that authority any more`
    await call('trigger_settle', { ...key, failure, revoked: true })
    return true
  }
  const request = JSON.parse(run.request) as Record<string, unknown> // Written by `fire`.
  try {
    const made = await callAs(maker, 'task_submit', request, AbortSignal.timeout(submitMs))
    await settle(context, run, (made as Task).id) // The tool's output schema states it.
    return true
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    if (passing.has(error.code) && clock.now() - run.at < patienceMs) return false
    await call('trigger_settle', {
      ...key,
      failure: `${error.code}: ${error.message}`.slice(0, 2000),
    })
    return true
  }
}

/** Records that the task of a run ended, and lets the change hear of it whose occasion it was. */
export const endRun = (context: ActingContext, run: RunRow): Promise<void> =>
  settle(context, run, run.task ?? undefined)

async function settle(
  context: ActingContext,
  run: RunRow,
  task: string | undefined,
): Promise<void> {
  const { store, call } = context
  const key = { trigger: run.trigger_id, occasion: run.occasion }
  const isKnown = ((await readRun(store.reader, key))?.ended_at ?? null) !== null
  // The comment first: a crash after it repeats this, and its key has it said no second time.
  if (!isKnown && task !== undefined && run.change !== null) await tell(context, run, task)
  await call<{ run?: TriggerRun }>('trigger_settle', {
    ...key,
    ...(task === undefined ? {} : { task }),
  })
}

/** Says on a change what came of the task that it occasioned, once. */
async function tell({ call }: ActingContext, run: RunRow, id: string): Promise<void> {
  const { task } = await call<{ task: Task }>('task_read', { task: id })
  if (task.finishedAt === undefined) return
  const asked = { change: run.change, max_bytes: 0 }
  const { change } = await call<{ change: Change }>('change_read', asked)
  if (change.state !== 'open') return
  const said = task.result?.summary ?? task.failure?.message ?? ''
  const body = `${task.title}: ${task.state}${said === '' ? '' : `. ${said}`}\n\nTask ${id}, ${run.reason ?? run.occasion}.`
  await call('change_comment', {
    ...{ change: change.id, body: body.slice(0, 20_000) },
    idempotency_key: `trigger:${id}`,
  })
}

const nameOf = ({ trigger_id: trigger, occasion }: RunRow): string => `${trigger} ${occasion}`
