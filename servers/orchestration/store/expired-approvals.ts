import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

// What retention removes of the tables `approvals`, `approval_grants` and `approval_links`: answered
// questions that nothing needs any more, and grants that are over.

type Place = { at: number; id: string }
type Found = { at: number; id: string }

/** Grants that ended or expired before an instant, oldest first. */
export const listOldGrants = (
  reader: Reader,
  { before, count }: { before: number; count: number },
): Promise<Found[]> =>
  reader.all<Row & Found>(
    `SELECT given_at AS at, id FROM approval_grants
     WHERE (ended_at IS NOT NULL OR expires_at IS NOT NULL)
       AND (ended_at < :before OR expires_at < :before)
     ORDER BY given_at, id LIMIT :count`,
    { before, count },
  )

export const dropGrants = (tx: Transaction, ids: string[]): Promise<number> =>
  tx.run(`DELETE FROM approval_grants WHERE id ${anyOf('ids')}`, { ids: JSON.stringify(ids) })

/**
 * Questions that were answered, or ended without an answer, before an instant, oldest first. One stays
 * while a grant stands on it, while its call was not made, and while its task or plan is not final.
 */
export const listOldApprovals = (
  reader: Reader,
  { before, after, count }: { before: number; after: Place; count: number },
): Promise<(Found & { removable: number })[]> =>
  reader.all<Row & Found & { removable: number }>(
    `SELECT asked_at AS at, id,
       CASE WHEN coalesce(decided_at, asked_at) < :before
         AND NOT EXISTS (SELECT 1 FROM approval_grants grants WHERE grants.approval = approvals.id)
         AND NOT EXISTS (SELECT 1 FROM held_calls WHERE held_calls.approval = approvals.id)
         AND NOT EXISTS (SELECT 1 FROM tasks
           WHERE tasks.id = approvals.task AND tasks.finished_at IS NULL)
         AND NOT EXISTS (SELECT 1 FROM plans
           WHERE plans.id = approvals.subject AND plans.finished_at IS NULL)
       THEN 1 ELSE 0 END AS removable
     FROM approvals
     WHERE state <> 'pending' AND asked_at < :before
       AND (asked_at > :at OR (asked_at = :at AND id > :id))
     ORDER BY asked_at, id LIMIT :count`,
    { before, count, ...after },
  )

/** Removes questions with the links that led to them; one that a grant stands on by now stays. */
export async function dropApprovals(tx: Transaction, ids: string[]): Promise<number> {
  const named = { ids: JSON.stringify(ids) }
  await tx.run(`DELETE FROM approval_links WHERE approval ${anyOf('ids')}`, named)
  return tx.run(
    `DELETE FROM approvals WHERE id ${anyOf('ids')} AND state <> 'pending'
       AND NOT EXISTS (SELECT 1 FROM approval_grants grants WHERE grants.approval = approvals.id)
       AND NOT EXISTS (SELECT 1 FROM held_calls WHERE held_calls.approval = approvals.id)`,
    named,
  )
}
