import type { ChangeReview } from '../../../schemas/change.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `reviews`: verdicts on revisions.

/** The first 500, the oldest first. */
export async function readReviews(reader: Reader, change: string): Promise<ChangeReview[]> {
  const rows = await reader.all<ReviewRow>(
    'SELECT * FROM reviews WHERE change = :change ORDER BY id LIMIT 500',
    { change },
  )
  return rows.map((row) => ({
    id: row.id,
    revision: row.revision,
    reviewer: row.reviewer,
    verdict: row.verdict,
    body: row.body,
    createdAt: row.created_at,
  }))
}

export const addReview = (
  tx: Transaction,
  change: string,
  { createdAt, ...review }: ChangeReview,
): Promise<void> => tx.insert('reviews', { ...review, change, created_at: createdAt })

type ReviewRow = Row & {
  id: string
  revision: number
  reviewer: string
  verdict: ChangeReview['verdict']
  body: string
  created_at: number
}
