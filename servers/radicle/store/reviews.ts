import type { ChangeReview } from '../../../schemas/change.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import type { Asking } from './comments.ts'

// Owns the table `reviews`: verdicts on revisions.

/** A verdict with who gave it; whether it counts is for the policy to say. */
export type StoredReview = Omit<ChangeReview, 'counts' | 'uncounted'> & {
  kind: Principal['kind']
  /** The task whose agent gave it. */
  task?: string | undefined
  /** Whether the reviewer is who asked for the work. */
  isAuthor: boolean
}

/** Those of a change, the oldest first; there are no more than a change may have. */
export async function readReviews(reader: Reader, change: string): Promise<StoredReview[]> {
  const rows = await reader.all<ReviewRow>(
    'SELECT * FROM reviews WHERE change = :change ORDER BY number, id LIMIT 1000',
    { change },
  )
  return rows.map(toReview)
}

export async function readReview(
  reader: Reader,
  change: string,
  id: string,
): Promise<StoredReview | undefined> {
  const row = await reader.get<ReviewRow>(
    'SELECT * FROM reviews WHERE id = :id AND change = :change',
    { id, change },
  )
  return row && toReview(row)
}

/** The verdict that the agent of a task gave on a revision. */
export async function readReviewOfTask(
  reader: Reader,
  of: { change: string; revision: number; task: string },
): Promise<StoredReview | undefined> {
  const row = await reader.get<ReviewRow>(
    'SELECT * FROM reviews WHERE change = :change AND revision = :revision AND task = :task',
    of,
  )
  return row && toReview(row)
}

/** Requested changes that are numbered above `after`. */
export const readAskingReviews = (
  reader: Reader,
  change: string,
  after: number,
): Promise<Asking[]> =>
  reader.all<Asking>(
    `SELECT number, kind, revision FROM reviews
     WHERE change = :change AND verdict = 'request_changes' AND number > :after ORDER BY number`,
    { change, after },
  )

/** The last revision on which a person requested changes. */
export const lastAskedByReview = async (reader: Reader, change: string): Promise<number> =>
  (
    await reader.get<{ revision: number | null }>(
      `SELECT max(revision) AS revision FROM reviews
       WHERE change = :change AND verdict = 'request_changes' AND kind = 'user'`,
      { change },
    )
  )?.revision ?? 0

export const addReview = (tx: Transaction, change: string, review: StoredReview): Promise<void> =>
  tx.insert('reviews', {
    id: review.id,
    change,
    number: review.number,
    revision: review.revision,
    reviewer: review.reviewer,
    kind: review.kind,
    task: review.task ?? null,
    is_author: review.isAuthor ? 1 : 0,
    verdict: review.verdict,
    body: review.body,
    created_at: review.createdAt,
  })

type ReviewRow = Row & {
  id: string
  number: number
  revision: number
  reviewer: string
  kind: Principal['kind']
  task: string | null
  is_author: number
  verdict: ChangeReview['verdict']
  body: string
  created_at: number
}

const toReview = (row: ReviewRow): StoredReview => ({
  id: row.id,
  number: row.number,
  revision: row.revision,
  reviewer: row.reviewer,
  kind: row.kind,
  task: row.task ?? undefined,
  isAuthor: row.is_author === 1,
  verdict: row.verdict,
  body: row.body,
  createdAt: row.created_at,
})
