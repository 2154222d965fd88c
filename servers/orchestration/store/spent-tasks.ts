import type { Reader, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import type { AttemptRow } from './attempts.ts'
import type { TaskRow } from './task-row.ts'
import { holdTask, makeDue } from './queue.ts'

// Tasks that a spent budget holds in the queue, and attempts whose time is over.

/** Has a queued task wait for its budget, until an instant or until it is raised. */
export async function holdSpentTask(
  tx: Transaction,
  row: TaskRow,
  { reason, notBeforeAt }: { reason: string; notBeforeAt: number },
): Promise<TaskRow> {
  await tx.run(
    `UPDATE tasks SET waiting_for = 'budget', not_before_at = :notBeforeAt, updated_at = :now
     WHERE id = :id`,
    { id: row.id, notBeforeAt, now: tx.now },
  )
  await holdTask(tx, row, reason)
  const waits = { waiting_for: 'budget', not_before_at: notBeforeAt } as const
  return { ...row, ...waits, pending_reason: reason, updated_at: tx.now }
}

/** Makes tasks due that a spent budget holds, a bounded number of them; returns which. */
export async function resumeSpentTasks(
  tx: Transaction,
  { org, plan, task, limit }: Held & { limit: number },
): Promise<string[]> {
  const rows = await tx.all<TaskRow>(
    `SELECT * FROM tasks WHERE waiting_for = 'budget' AND org = :org
       ${plan === undefined ? '' : 'AND plan = :plan'} ${task === undefined ? '' : 'AND id = :task'}
     ORDER BY id LIMIT :limit`,
    {
      org,
      limit,
      ...(plan === undefined ? {} : { plan }),
      ...(task === undefined ? {} : { task }),
    },
  )
  for (const row of rows) await makeDue(tx, row)
  return rows.map(({ id }) => id)
}

export type Held = { org: string; plan?: string | undefined; task?: string | undefined }

/** When the time of an attempt is over next, or undefined where none has a budget of time. */
export const nextAttemptEnd = async (reader: Reader): Promise<number | undefined> =>
  (
    await reader.get<{ at: number | null }>(
      'SELECT min(ends_at) AS at FROM attempts WHERE ended_at IS NULL AND ends_at IS NOT NULL',
    )
  )?.at ?? undefined

/** Attempts whose time is over and which are not, a bounded number of them. */
export const listOverrun = (reader: Reader, now: number): Promise<AttemptRow[]> =>
  reader.all<AttemptRow>(
    `SELECT * FROM attempts
     WHERE ended_at IS NULL AND ends_at IS NOT NULL AND ends_at <= :now LIMIT 200`,
    { now },
  )

/** Gives live attempts more time. */
export const extendAttempts = (tx: Transaction, ids: string[], endsAt: number): Promise<number> =>
  tx.run(`UPDATE attempts SET ends_at = :endsAt WHERE id ${anyOf('ids')}`, {
    ids: JSON.stringify(ids),
    endsAt,
  })
