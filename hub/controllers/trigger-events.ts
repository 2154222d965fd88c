import type { Change, Revision } from '../../schemas/change.ts'
import type { Event } from '../../schemas/event.ts'
import { readRepository } from '../../servers/kit/store/repositories.ts'
import { readRunOfTask } from '../../servers/orchestration/store/trigger-runs.ts'
import type { TriggerRow } from '../../servers/orchestration/store/triggers.ts'
import { conditionOf, listEnabled, taskOf } from '../../servers/orchestration/store/triggers.ts'
import { matchesPattern } from '../calls/name-pattern.ts'
import type { ActingContext } from './context.ts'
import { follow } from './follow.ts'
import { endRun } from './trigger-runs.ts'

type Discussion = { change: Change; revisions: Revision[] }

/** Fires what waits for changes and plans, and settles the runs whose tasks ended. */
export function followOccasions(context: ActingContext): Promise<void> {
  const { store } = context
  return follow(context, 'triggers', async (event) => {
    const { kind, subject } = event
    const [noun, verb = ''] = kind.split('.')
    if (noun === 'change' && ['opened', 'revised', 'merged'].includes(verb))
      await onChange(context, event, verb)
    if (noun === 'plan') await onPlan(context, event, verb)
    if (['task.succeeded', 'task.failed', 'task.canceled'].includes(kind)) {
      const run = await readRunOfTask(store.reader, subject)
      if (run) await endRun(context, run)
    }
  })
}

async function onChange(context: ActingContext, event: Event, verb: string): Promise<void> {
  const { call, store } = context
  const waiting = await waitingFor(context, 'change', event)
  if (waiting.length === 0) return
  const asked = { change: event.subject, max_bytes: 0 }
  const { change, revisions } = await call<Discussion>('change_read', asked)
  const repository = await readRepository(store.reader, change.repo)
  const number = typeof event.data.revision === 'number' ? event.data.revision : change.revisions
  const ref =
    verb === 'merged' ? change.mergedAs : revisions.find((one) => one.number === number)?.head
  const own = change.task === undefined ? undefined : await readRunOfTask(store.reader, change.task)
  for (const row of waiting) {
    const on = conditionOf(row)
    if (on.kind !== 'change' || !on.events.some((one) => one === verb)) continue
    if (taskOf(row).repo !== repository?.path || !matchesPattern(change.target, on.target)) continue
    // A trigger whose tasks open changes would otherwise never come to an end.
    if (own && (await opensChanges(context, row))) continue
    await call('trigger_fire', {
      trigger: row.id,
      occasion: `change:${change.id}:${verb === 'merged' ? 'merged' : number}`,
      ...(ref === undefined ? {} : { ref }),
      change: change.id,
      reason: `change ${change.id} was ${verb}${verb === 'merged' ? '' : `, revision ${number}`}`,
    })
  }
}

async function opensChanges({ call }: ActingContext, row: TriggerRow): Promise<boolean> {
  const { template: name } = taskOf(row)
  if (name.startsWith('repo:')) return false // They run commands.
  return (await call<{ opensChange: boolean }>('template_read', { name })).opensChange
}

/** A plan ends with an event that says how, in its kind or its state. */
async function onPlan(context: ActingContext, event: Event, verb: string): Promise<void> {
  const state = ['succeeded', 'failed', 'canceled'].find(
    (one) => one === verb || one === event.data.state,
  )
  if (state === undefined) return
  for (const row of await waitingFor(context, 'plan', event)) {
    const on = conditionOf(row)
    if (on.kind !== 'plan' || !on.states.some((one) => one === state)) continue
    if (on.plan !== undefined && on.plan !== event.subject) continue
    await context.call('trigger_fire', {
      trigger: row.id,
      occasion: `plan:${event.subject}:${state}`,
      reason: `plan ${event.subject} ${state}`,
    })
  }
}

/** The triggers of the event's org that were there when it happened. */
async function waitingFor(
  { store }: ActingContext,
  kind: 'change' | 'plan',
  { org, at }: Event,
): Promise<TriggerRow[]> {
  const found: TriggerRow[] = []
  for (let after = ''; ;) {
    const page = await listEnabled(store.reader, { kind, org, after })
    found.push(...page.filter(({ created_at: createdAt }) => createdAt <= at))
    after = page.at(-1)?.id ?? ''
    if (page.length < 200) return found
  }
}
