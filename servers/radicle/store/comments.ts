import type { ChangeComment, CommentSide } from '../../../schemas/change.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `comments`: remarks on changes, and what became of them.

/** A comment as it is added; what asks for work begins open. */
export type NewComment = Omit<ChangeComment, 'place' | 'state'> & {
  kind: Principal['kind']
  state?: ChangeComment['state']
}

/** Those of a change, the oldest first; there are no more than a change may have. */
export async function readComments(reader: Reader, change: string): Promise<ChangeComment[]> {
  const rows = await reader.all<CommentRow>(
    'SELECT * FROM comments WHERE change = :change ORDER BY number, id LIMIT 1000',
    { change },
  )
  return rows.map(toComment)
}

export async function readComment(
  reader: Reader,
  change: string,
  id: string,
): Promise<ChangeComment | undefined> {
  const row = await reader.get<CommentRow>(
    'SELECT * FROM comments WHERE id = :id AND change = :change',
    { id, change },
  )
  return row && toComment(row)
}

export async function readCommentNumbered(
  reader: Reader,
  change: string,
  number: number,
): Promise<ChangeComment | undefined> {
  const row = await reader.get<CommentRow>(
    'SELECT * FROM comments WHERE change = :change AND number = :number',
    { change, number },
  )
  return row && toComment(row)
}

/** Whether somebody of that kind answered a comment on a revision. */
export const isAnswered = async (
  reader: Reader,
  of: { change: string; comment: string; revision: number; kind: Principal['kind'] },
): Promise<boolean> =>
  (await reader.get(
    `SELECT 1 AS answered FROM comments
     WHERE change = :change AND reply_to = :comment AND revision = :revision AND kind = :kind`,
    of,
  )) !== undefined

export type Asking = Row & { number: number; kind: Principal['kind']; revision: number }

/** Open comments that ask for work and are numbered above `after`. */
export const readAskingComments = (
  reader: Reader,
  change: string,
  after: number,
): Promise<Asking[]> =>
  reader.all<Asking>(
    `SELECT number, kind, revision FROM comments
     WHERE change = :change AND resolve IS NOT NULL AND number > :after AND state = 'open'
     ORDER BY number`,
    { change, after },
  )

/** The last revision on which a person asked for work, by a comment. */
export const lastAskedByComment = async (reader: Reader, change: string): Promise<number> =>
  (
    await reader.get<{ revision: number | null }>(
      `SELECT max(revision) AS revision FROM comments
       WHERE change = :change AND resolve IS NOT NULL AND kind = 'user'`,
      { change },
    )
  )?.revision ?? 0

export const addComment = (
  tx: Transaction,
  change: string,
  comment: NewComment & { createdAt: number },
): Promise<void> =>
  tx.insert('comments', {
    id: comment.id,
    change,
    number: comment.number,
    revision: comment.revision,
    author: comment.author,
    kind: comment.kind,
    body: comment.body,
    path: comment.path ?? null,
    line: comment.line ?? null,
    side: comment.side ?? null,
    resolve: comment.resolve ?? null,
    state: comment.state ?? 'open',
    reply_to: comment.replyTo ?? null,
    review: comment.review ?? null,
    addressed_commit: comment.addressedIn?.commit ?? null,
    addressed_revision: comment.addressedIn?.revision ?? null,
    created_at: comment.createdAt,
  })

/** Says of a comment what became of it. */
export const settleComment = (
  tx: Transaction,
  id: string,
  { state, addressedIn }: Pick<ChangeComment, 'state' | 'addressedIn'>,
): Promise<number> =>
  tx.run(
    `UPDATE comments SET state = :state, addressed_commit = :commit, addressed_revision = :revision
     WHERE id = :id`,
    {
      id,
      state,
      commit: addressedIn?.commit ?? null,
      revision: addressedIn?.revision ?? null,
    },
  )

type CommentRow = Row & {
  id: string
  number: number
  revision: number
  author: string
  body: string
  path: string | null
  line: number | null
  side: CommentSide | null
  resolve: NonNullable<ChangeComment['resolve']> | null
  state: ChangeComment['state']
  reply_to: string | null
  review: string | null
  addressed_commit: string | null
  addressed_revision: number | null
  created_at: number
}

const toComment = (row: CommentRow): ChangeComment => ({
  id: row.id,
  number: row.number,
  revision: row.revision,
  author: row.author,
  body: row.body,
  ...(row.path === null ? {} : { path: row.path }),
  ...(row.line === null ? {} : { line: row.line }),
  ...(row.side === null ? {} : { side: row.side }),
  ...(row.resolve === null ? {} : { resolve: row.resolve }),
  state: row.state,
  ...(row.reply_to === null ? {} : { replyTo: row.reply_to }),
  ...(row.review === null ? {} : { review: row.review }),
  ...(row.addressed_commit === null || row.addressed_revision === null
    ? {}
    : { addressedIn: { commit: row.addressed_commit, revision: row.addressed_revision } }),
  createdAt: row.created_at,
})
