import type { BudgetScope } from '../../../schemas/budget.ts'
import type { Reader, Row, Transaction } from '../sql.ts'

// Owns the table `budgets`: what budget_set said.

type BudgetRow = Row & {
  scope: BudgetScope
  id: string
  org: string
  limits: string
  set_by: string
  set_at: number
}

export type Budget = { limits: unknown; setBy: string; setAt: number }

/** What was set for an org, a plan or a task; the limits are of the schema of that scope. */
export async function readBudget(
  reader: Reader,
  scope: BudgetScope,
  id: string,
): Promise<(Budget & { org: string }) | undefined> {
  const row = await reader.get<BudgetRow>(
    'SELECT * FROM budgets WHERE scope = :scope AND id = :id',
    { scope, id },
  )
  if (!row) return undefined
  return { org: row.org, limits: JSON.parse(row.limits), setBy: row.set_by, setAt: row.set_at }
}

/** Sets a budget, or removes it, and announces that; the topic of waiting calls is woken too. */
export async function setBudget(
  tx: Transaction,
  subject: { scope: BudgetScope; id: string; org: string },
  limits: Record<string, unknown> | null,
  by: string,
): Promise<void> {
  const { scope, id, org } = subject
  if (limits === null)
    await tx.run('DELETE FROM budgets WHERE scope = :scope AND id = :id', { scope, id })
  else
    await tx.run(
      `INSERT INTO budgets (scope, id, org, limits, set_by, set_at)
       VALUES (:scope, :id, :org, :limits, :by, :now)
       ON CONFLICT (scope, id) DO UPDATE SET limits = :limits, set_by = :by, set_at = :now`,
      { ...subject, limits: JSON.stringify(limits), by, now: tx.now },
    )
  tx.about(id)
  tx.wake(`spending:${org}`)
  const task = scope === 'task' ? id : undefined
  await tx.event({ kind: 'budget.set', org, subject: id, task, data: { scope, limits, by } })
}
