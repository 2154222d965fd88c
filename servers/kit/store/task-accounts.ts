import { TaskBudget } from '../../../schemas/task.ts'
import type { Reader, Row } from '../sql.ts'

/** What budgets have to know of a task. Its row belongs to orchestration, which writes it. */
export type TaskAccount = {
  org: string
  plan: string | undefined
  budget: TaskBudget
  submittedBy: string
  submittedAt: number
}

export async function readTaskAccount(
  reader: Reader,
  task: string,
): Promise<TaskAccount | undefined> {
  const row = await reader.get<AccountRow>(
    'SELECT org, plan, budget, submitted_by, submitted_at FROM tasks WHERE id = :task',
    { task },
  )
  return (
    row && {
      org: row.org,
      plan: row.plan ?? undefined,
      budget: TaskBudget.parse(JSON.parse(row.budget)),
      submittedBy: row.submitted_by,
      submittedAt: row.submitted_at,
    }
  )
}

/** The org of the newest task of a plan, which is the plan's. */
export const readPlanOrg = async (reader: Reader, plan: string): Promise<string | undefined> =>
  (
    await reader.get<{ org: string }>(
      'SELECT org FROM tasks WHERE plan = :plan ORDER BY id DESC LIMIT 1',
      { plan },
    )
  )?.org

/** How long agents have held a task, in all its attempts. */
export const readLeasedMs = async (reader: Reader, task: string, now: number): Promise<number> =>
  (
    await reader.get<{ ms: number | null }>(
      'SELECT sum(coalesce(ended_at, :now) - started_at) AS ms FROM attempts WHERE task = :task',
      { task, now },
    )
  )?.ms ?? 0

type AccountRow = Row & {
  org: string
  plan: string | null
  budget: string
  submitted_by: string
  submitted_at: number
}
