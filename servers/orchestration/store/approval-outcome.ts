import type { CallOutcome } from '../../../schemas/approval.ts'
import type { Transaction } from '../../kit/sql.ts'
import type { ApprovalRow } from './approvals.ts'
import { announce } from './approvals.ts'

/** What the call came to that was approved. */
export type CallEnd = { outcome: CallOutcome; failure?: string | undefined }

/** Keeps beside an approval what its call came to: those who approved it want to know. */
export async function recordCallOutcome(
  tx: Transaction,
  id: string,
  { outcome, failure }: CallEnd,
): Promise<void> {
  const [row] = await tx.all<ApprovalRow>(
    `UPDATE approvals SET outcome = :outcome, failure = :failure
     WHERE id = :id AND state = 'approved' RETURNING *`,
    { id, outcome, failure: failure ?? null },
  )
  if (row) await announce(tx, row, 'approval.made', { outcome })
}
