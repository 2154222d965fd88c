import type { ChangeComment } from '../../../schemas/change.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `comments`: remarks on changes.

/** The first 500, the oldest first. */
export async function readComments(reader: Reader, change: string): Promise<ChangeComment[]> {
  const rows = await reader.all<CommentRow>(
    'SELECT * FROM comments WHERE change = :change ORDER BY id LIMIT 500',
    { change },
  )
  return rows.map((row) => ({
    id: row.id,
    revision: row.revision,
    author: row.author,
    body: row.body,
    ...(row.path === null ? {} : { path: row.path }),
    ...(row.line === null ? {} : { line: row.line }),
    createdAt: row.created_at,
  }))
}

export const addComment = (
  tx: Transaction,
  change: string,
  { createdAt, path, line, ...comment }: ChangeComment,
): Promise<void> =>
  tx.insert('comments', {
    ...comment,
    change,
    path: path ?? null,
    line: line ?? null,
    created_at: createdAt,
  })

type CommentRow = Row & {
  id: string
  revision: number
  author: string
  body: string
  path: string | null
  line: number | null
  created_at: number
}
