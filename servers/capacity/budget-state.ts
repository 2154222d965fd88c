import type { BudgetLine, BudgetScope } from '../../schemas/budget.ts'
import { HubError } from '../../schemas/errors.ts'
import type { TaskBudget } from '../../schemas/task.ts'
import { nanoUsd } from '../kit/budgets/prices.ts'
import {
  limitedWindows,
  linesOf,
  orgBudget,
  planBudget,
  taskBudget,
  zoneOf,
} from '../kit/budgets/windows.ts'
import type { Context } from '../kit/context.ts'
import { maySee, orgFor } from '../kit/context.ts'
import type { Reader } from '../kit/sql.ts'
import { readBudget } from '../kit/store/budgets.ts'
import type { Account } from '../kit/store/spending.ts'
import { readSpending } from '../kit/store/spending.ts'
import type { TaskAccount } from '../kit/store/task-accounts.ts'
import { readLeasedMs, readPlanOrg, readTaskAccount } from '../kit/store/task-accounts.ts'
import { dayAt } from '../kit/zones.ts'
import type { BudgetState } from './budgets.ts'

/** Whose budget is asked for; `task` is what its row says, where it is a task. */
export type Found = { scope: BudgetScope; id: string; org: string; task?: TaskAccount }

type Asked = { org?: string | undefined; plan?: string | undefined; task?: string | undefined }

/** The org, plan or task that a caller names, or a refusal that does not say whether it is there. */
export async function findSubject(ctx: Context, reader: Reader, asked: Asked): Promise<Found> {
  const { org, plan, task } = asked
  if (task !== undefined && plan !== undefined)
    throw new HubError('invalid', 'name a task or a plan, not both')
  if (task !== undefined) {
    const account = await readTaskAccount(reader, task)
    if (!account || !ctx.may('row.see', { org: account.org, task }))
      throw missing('task', task, 'task_list')
    return { scope: 'task', id: task, org: account.org, task: account }
  }
  if (plan !== undefined) {
    const set = await readBudget(reader, 'plan', plan)
    const owner = (await readPlanOrg(reader, plan)) ?? set?.org
    if (owner === undefined || !maySee(ctx, owner)) throw missing('plan', plan, 'plan_list')
    return { scope: 'plan', id: plan, org: owner }
  }
  const own = orgFor(ctx, org)
  return { scope: 'org', id: own, org: own }
}

const missing = (kind: string, id: string, list: string) =>
  new HubError('not_found', `there is no ${kind} ${JSON.stringify(id)}`, {
    hint: `${list} shows those you may see.`,
  })

/** What holds for a budget now, and what counts against it. */
export async function readState(ctx: Context, reader: Reader, found: Found): Promise<BudgetState> {
  const { scope, id, org, task } = found
  const { config } = ctx
  const now = ctx.now()
  const set = await readBudget(reader, scope, id)
  const subject = {
    org,
    plan: scope === 'plan' ? id : task?.plan,
    task: scope === 'task' ? id : undefined,
  }
  const submitted = task?.budget ?? {}
  const windows = await limitedWindows(reader, { config, subject, submitted, now })
  const limits =
    scope === 'org'
      ? await orgBudget(reader, config, org)
      : scope === 'plan'
        ? await planBudget(reader, id)
        : await taskBudget(reader, id, submitted)
  const isEmpty = Object.keys(limits).length === 0
  const origin = scope === 'org' ? 'configured' : 'submitted'
  return {
    ...{ scope, id, org, limits },
    from: set ? 'set' : isEmpty ? 'none' : origin,
    ...(set ? { by: set.setBy, at: set.setAt } : {}),
    ...(!set && task && !isEmpty ? { by: task.submittedBy, at: task.submittedAt } : {}),
    spent: await Promise.all(
      accounts(found, dayAt(zoneOf(config, org), now)).map(async ({ window, account }) => {
        const { steps, tokens, cost, unpriced } = await readSpending(reader, account)
        return { window, steps, tokens, costUsd: cost / nanoUsd, unpriced }
      }),
    ),
    lines: [...windows.flatMap(linesOf), ...(await timeLine(reader, found, submitted, now))],
  }
}

function accounts(
  { scope, id }: Found,
  day: string,
): { window: 'all' | 'day' | 'month'; account: Account }[] {
  if (scope !== 'org') return [{ window: 'all', account: { scope, id, period: '' } }]
  return [
    { window: 'day', account: { scope: 'org_day', id, period: day } },
    { window: 'month', account: { scope: 'org_month', id, period: day.slice(0, 7) } },
  ]
}

async function timeLine(
  reader: Reader,
  { scope, id }: Found,
  submitted: TaskBudget,
  now: number,
): Promise<BudgetLine[]> {
  if (scope !== 'task') return []
  const { timeMs: limit } = await taskBudget(reader, id, submitted)
  if (limit === undefined) return []
  const spent = await readLeasedMs(reader, id, now)
  const left = Math.max(0, limit - spent)
  return [{ scope, id, window: 'all', unit: 'timeMs', limit, spent, reserved: 0, left }]
}
