import type { BudgetLine, OrgBudget } from '../../schemas/budget.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Event } from '../../schemas/event.ts'
import type { Principal } from '../../schemas/principal.ts'
import { pause } from '../../servers/kit/clock.ts'
import { nextAttemptEnd } from '../../servers/orchestration/store/spent-tasks.ts'
import type { ActingContext } from './context.ts'
import { guarded } from './context.ts'
import { follow } from './follow.ts'

const lookMs = 5000

/**
 * Acts on budgets: what a raised one held goes on, an org that wants to be asked is asked to raise a
 * spent one, attempts that overrun their time are stopped, and model calls that an earlier run of the
 * hub lost hold nothing back any more.
 */
export async function budgets(context: ActingContext): Promise<void> {
  await guarded(context, 'budgets', () => context.call('model_recover', {}))
  await Promise.all([overruns(context), onEvents(context)])
}

async function overruns(context: ActingContext): Promise<void> {
  const { store, clock, signal, call } = context
  while (!signal.aborted) {
    let sleepMs = lookMs
    await guarded(context, 'budgets', async () => {
      const endsAt = (await nextAttemptEnd(store.reader)) ?? Infinity
      if (endsAt <= clock.now()) await call('task_overrun', {})
      else sleepMs = Math.min(lookMs, endsAt - clock.now())
    })
    await pause(clock, Math.max(20, sleepMs), signal)
  }
}

function onEvents(context: ActingContext): Promise<void> {
  const { config, call } = context
  return follow(context, 'budgets', async (event) => {
    const { kind, org, subject, data } = event
    if (kind === 'budget.set') {
      const held = data.scope === 'org' ? { org } : { org, [String(data.scope)]: subject }
      for (let more = true; more;) ({ more } = await call<{ more: boolean }>('task_resume', held))
    }
    if (kind === 'budget.spent' && config().file.orgs[org]?.onSpent === 'ask')
      await askForMore(context, event)
  })
}

/** Asks a person for as much again. The question is durable, and the same one is asked once. */
async function askForMore(context: ActingContext, { org, data }: Event): Promise<void> {
  const { scope, id, window, unit, limit, spent } = data as Partial<BudgetLine> // By holdForBudget.
  if (scope === undefined || id === undefined || unit === undefined) return
  const { limits } = await context.call<{ limits: OrgBudget & Record<string, unknown> }>(
    'budget_read',
    { [scope]: id },
  )
  const raised = { [unit]: Math.ceil(spent ?? 0) + (limit ?? 0) }
  const budget =
    window === 'day' || window === 'month'
      ? { ...limits, [window]: { ...limits[window], ...raised } }
      : { ...limits, ...raised }
  const asker: Principal = {
    kind: 'service',
    id: 'controller-budgets',
    roles: ['controller'],
    orgs: [org],
  }
  try {
    // The question stays when nobody waits for its answer; the hub makes the call after a yes.
    await context.callAs(asker, 'budget_set', { [scope]: id, budget }, AbortSignal.abort())
  } catch (error) {
    const isAsked =
      error instanceof HubError && ['approval_required', 'canceled'].includes(error.code)
    if (!isAsked) throw error
  }
}
