import type { BudgetLine } from '../../schemas/budget.ts'
import type { TaskFailure } from '../../schemas/task.ts'
import { TaskBudget } from '../../schemas/task.ts'
import { spentLine } from '../kit/budgets/admission.ts'
import type { Window } from '../kit/budgets/windows.ts'
import { limitedWindows, linesOf, taskBudget } from '../kit/budgets/windows.ts'
import type { Context } from '../kit/context.ts'
import type { Reader, Transaction } from '../kit/sql.ts'
import { readLeasedMs } from '../kit/store/task-accounts.ts'
import { holdSpentTask } from './store/spent-tasks.ts'
import type { TaskRow } from './store/task-row.ts'
import { never } from './store/task-row.ts'
import { moveTask } from './store/tasks.ts'
import { usesModel } from './templates/catalogue.ts'

/** Code of the failure of an attempt that a spent budget ended. */
export const spentCode = 'budget'

/**
 * Has a task wait in the queue, with all that its attempt left, after a budget ended that attempt: no
 * failure of the work, so none is counted. It goes on when the budget begins anew or is raised.
 */
export async function holdForBudget(
  ctx: Context,
  tx: Transaction,
  row: TaskRow,
  failure: TaskFailure,
): Promise<TaskRow> {
  const line = await nearestLimit(ctx, tx, row)
  const queued = await moveTask(tx, row, 'requeue', { failure, data: { reason: failure.message } })
  const held = { reason: failure.message, notBeforeAt: line?.resetsAt ?? never }
  await tx.event({
    kind: 'budget.spent',
    org: row.org,
    subject: line?.id ?? row.id,
    task: row.id,
    data: { ...line },
  })
  return holdSpentTask(tx, queued, held)
}

/**
 * The failure of an attempt that a spent budget ended, if it was that. An agent of somebody else's knows
 * only that a model call was refused: while nothing may be spent, whatever it says waits for more.
 */
export async function spentFailure(
  ctx: Context,
  tx: Transaction,
  row: TaskRow,
  { failure, retryable }: { failure: TaskFailure | undefined; retryable: boolean },
): Promise<TaskFailure | undefined> {
  if (!failure || failure.code === spentCode) return failure
  if (!retryable || !usesModel(row.template)) return undefined
  const line = spentLine(await windowsOf(ctx, tx, row))
  return line && { code: spentCode, message: failure.message }
}

/** Has a task that needs a model wait from its submit on while its org has spent what it may. */
export async function holdWhileSpent(
  ctx: Context,
  tx: Transaction,
  row: TaskRow,
): Promise<TaskRow> {
  const line = spentLine(await windowsOf(ctx, tx, row))
  if (line === undefined) return row
  const { scope, id, window, unit, limit, resetsAt = never } = line
  const span = window === 'all' ? '' : ` of this ${window}`
  const until = resetsAt === never ? '' : `, and begins anew at ${new Date(resetsAt).toISOString()}`
  const reason = `the budget${span} of ${scope} ${id}, ${limit} ${unit}, is spent${until}; budget_set raises it`
  return holdSpentTask(tx, row, { reason, notBeforeAt: resetsAt })
}

/** What is left of the time that a task may take, or undefined where it has no such budget. */
export async function timeLeft(reader: Reader & { now: number }, row: TaskRow) {
  const submitted = TaskBudget.parse(JSON.parse(row.budget))
  const { timeMs } = await taskBudget(reader, row.id, submitted)
  if (timeMs === undefined) return undefined
  return Math.max(0, timeMs - (await readLeasedMs(reader, row.id, reader.now)))
}

/** When an attempt that begins now is stopped, if its agent does not stop by itself before. */
export async function attemptEndsAt(ctx: Context, tx: Transaction, row: TaskRow) {
  const leftMs = await timeLeft(tx, row)
  return leftMs === undefined ? undefined : tx.now + leftMs + ctx.config.leaseMs
}

/** The limit that stopped the task: a spent one, else the one with the least left in proportion. */
async function nearestLimit(
  ctx: Context,
  tx: Transaction,
  row: TaskRow,
): Promise<BudgetLine | undefined> {
  const windows = await windowsOf(ctx, tx, row)
  const leftMs = await timeLeft(tx, row)
  if (leftMs === 0) return timeLine(tx, row)
  const lines = windows.flatMap(linesOf)
  const share = ({ spent, limit }: BudgetLine) => spent / limit
  return spentLine(windows) ?? lines.sort((a, b) => share(b) - share(a))[0]
}

const windowsOf = (ctx: Context, tx: Transaction, row: TaskRow): Promise<Window[]> =>
  limitedWindows(tx, {
    config: ctx.config,
    subject: { org: row.org, plan: row.plan ?? undefined, task: row.id },
    submitted: TaskBudget.parse(JSON.parse(row.budget)),
    now: tx.now,
  })

async function timeLine(tx: Transaction, row: TaskRow): Promise<BudgetLine> {
  const spent = await readLeasedMs(tx, row.id, tx.now)
  const { timeMs: limit = spent } = await taskBudget(
    tx,
    row.id,
    TaskBudget.parse(JSON.parse(row.budget)),
  )
  return {
    ...{ scope: 'task', id: row.id, window: 'all', unit: 'timeMs' },
    limit,
    spent,
    reserved: 0,
    left: 0,
  }
}
