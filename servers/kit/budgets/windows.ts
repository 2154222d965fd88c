import type { BudgetLine, BudgetScope, Limits } from '../../../schemas/budget.ts'
import { OrgBudget } from '../../../schemas/budget.ts'
import type { Config } from '../../../schemas/config.ts'
import { TaskBudget } from '../../../schemas/task.ts'
import type { Reader } from '../sql.ts'
import { readBudget } from '../store/budgets.ts'
import type { Account, Spending } from '../store/spending.ts'
import { readSpending } from '../store/spending.ts'
import { dayAt, nextDayAt, nextMonthAt } from '../zones.ts'
import { nanoUsd } from './prices.ts'

/** A limit with what counts against it. */
export type Window = {
  scope: BudgetScope
  id: string
  window: BudgetLine['window']
  limits: Limits
  spending: Spending
  /** When it begins anew, if it does. */
  resetsAt(): number | undefined
}

export type Subject = { org: string; plan?: string | undefined; task?: string | undefined }

/** The zone whose days and months an org counts by. */
export const zoneOf = ({ file }: Config, org: string): string => file.orgs[org]?.timeZone ?? 'UTC'

/** What budget_set said of an org, or what the configuration says. */
export async function orgBudget(reader: Reader, config: Config, org: string): Promise<OrgBudget> {
  const set = await readBudget(reader, 'org', org)
  return set ? OrgBudget.parse(set.limits) : (config.file.orgs[org]?.budget ?? {})
}

/** What budget_set said of a task, or what it was submitted with. */
export async function taskBudget(
  reader: Reader,
  task: string,
  submitted: TaskBudget,
): Promise<TaskBudget> {
  const set = await readBudget(reader, 'task', task)
  return set ? TaskBudget.parse(set.limits) : submitted
}

export async function planBudget(reader: Reader, plan: string): Promise<TaskBudget> {
  const set = await readBudget(reader, 'plan', plan)
  return set ? TaskBudget.parse(set.limits) : {}
}

/** The windows that a call for this subject counts in, of those that have a limit. */
export async function limitedWindows(
  reader: Reader,
  { config, subject, submitted, now }: Asked,
): Promise<Window[]> {
  const { org, plan, task } = subject
  const zone = zoneOf(config, org)
  const day = dayAt(zone, now)
  const { day: inDay, month: inMonth } = await orgBudget(reader, config, org)
  const found: (Omit<Window, 'spending'> & { account: Account })[] = []
  const add = (one: (typeof found)[number]) => {
    if (isLimited(one.limits)) found.push(one)
  }
  const never = () => undefined
  if (task !== undefined)
    add({
      scope: 'task',
      id: task,
      window: 'all',
      limits: await taskBudget(reader, task, submitted),
      account: { scope: 'task', id: task, period: '' },
      resetsAt: never,
    })
  if (plan !== undefined)
    add({
      scope: 'plan',
      id: plan,
      window: 'all',
      limits: await planBudget(reader, plan),
      account: { scope: 'plan', id: plan, period: '' },
      resetsAt: never,
    })
  add({
    scope: 'org',
    id: org,
    window: 'day',
    limits: inDay ?? {},
    account: { scope: 'org_day', id: org, period: day },
    resetsAt: () => nextDayAt(zone, now),
  })
  add({
    scope: 'org',
    id: org,
    window: 'month',
    limits: inMonth ?? {},
    account: { scope: 'org_month', id: org, period: day.slice(0, 7) },
    resetsAt: () => nextMonthAt(zone, now),
  })
  return Promise.all(
    found.map(async ({ account, ...window }) => ({
      ...window,
      spending: await readSpending(reader, account),
    })),
  )
}

type Asked = { config: Config; subject: Subject; submitted: TaskBudget; now: number }

/** Each limit of a window as people read it. */
export function linesOf({ scope, id, window, limits, spending, resetsAt }: Window): BudgetLine[] {
  const { reserved } = spending
  const line = (unit: BudgetLine['unit'], limit: number, spent: number, held: number) => {
    const end = resetsAt()
    return {
      ...{ scope, id, window, unit, limit, spent, reserved: held },
      left: Math.max(0, limit - spent - held),
      ...(end === undefined ? {} : { resetsAt: end }),
    }
  }
  const { steps, tokens, costUsd } = limits
  return [
    ...(steps === undefined ? [] : [line('steps', steps, spending.steps, reserved.steps)]),
    ...(tokens === undefined ? [] : [line('tokens', tokens, spending.tokens, reserved.tokens)]),
    ...(costUsd === undefined
      ? []
      : [line('costUsd', costUsd, spending.cost / nanoUsd, reserved.cost / nanoUsd)]),
  ]
}

const isLimited = ({ steps, tokens, costUsd }: Limits): boolean =>
  steps !== undefined || tokens !== undefined || costUsd !== undefined
