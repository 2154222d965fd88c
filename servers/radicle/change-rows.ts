import { HubError } from '../../schemas/errors.ts'
import type { Change, ChangeComment, ChangeReview, Revision } from '../../schemas/change.ts'
import type { CheckResult } from '../../schemas/task.ts'
import type { Context } from '../kit/context.ts'
import { maySee } from '../kit/context.ts'
import type { Row, Tx } from '../kit/tx.ts'

/** A row of `changes`, which this file owns with `revisions`, `comments` and `reviews`. */
export type ChangeRow = Row & {
  id: string
  org: string
  repo: string
  task: string | null
  title: string
  body: string
  branch: string
  target: string
  state: Change['state']
  head: string
  author: string
  merged_as: string | null
  merged_by: string | null
  created_at: number
  updated_at: number
}

type Reader = Pick<Tx, 'get' | 'all'>

export function findChange(ctx: Context, reader: Reader, id: string): ChangeRow {
  const row = reader.get<ChangeRow>('SELECT * FROM changes WHERE id = :id', { id })
  const bound = ctx.principal.task
  if (row && maySee(ctx, row.org) && (bound === undefined || bound === row.task)) return row
  throw new HubError('not_found', `there is no change ${JSON.stringify(id)}`, {
    hint: 'change_list shows the changes you may see.',
  })
}

export const toChange = (reader: Reader, row: ChangeRow): Change => ({
  id: row.id,
  org: row.org,
  repo: row.repo,
  ...(row.task === null ? {} : { task: row.task }),
  title: row.title,
  body: row.body,
  branch: row.branch,
  target: row.target,
  state: row.state,
  head: row.head,
  author: row.author,
  revisions: lastRevision(reader, row.id)?.number ?? 0,
  ...(row.merged_as === null ? {} : { mergedAs: row.merged_as }),
  ...(row.merged_by === null ? {} : { mergedBy: row.merged_by }),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** Records what happened to a change, on the change's row and in the event stream. */
export function touchChange(
  tx: Tx,
  row: ChangeRow,
  kind: string,
  data: Record<string, unknown> = {},
): ChangeRow {
  const next = { ...row, updated_at: tx.now }
  tx.run(
    `UPDATE changes SET state = :state, head = :head, title = :title, body = :body, merged_as = :merged_as,
       merged_by = :merged_by, updated_at = :updated_at WHERE id = :id`,
    {
      id: next.id,
      state: next.state,
      head: next.head,
      title: next.title,
      body: next.body,
      merged_as: next.merged_as,
      merged_by: next.merged_by,
      updated_at: next.updated_at,
    },
  )
  tx.about(row.id)
  tx.event({
    kind,
    org: row.org,
    subject: row.id,
    ...(row.task === null ? {} : { task: row.task }),
    data: { change: row.id, ...data },
  })
  return next
}

type RevisionRow = Row & {
  number: number
  head: string
  base: string
  summary: string
  checks: string
  files_changed: number
  additions: number
  deletions: number
  created_at: number
}

const toRevision = (row: RevisionRow): Revision => ({
  number: row.number,
  head: row.head,
  base: row.base,
  summary: row.summary,
  checks: JSON.parse(row.checks) as CheckResult[], // Written by change_open.
  filesChanged: row.files_changed,
  additions: row.additions,
  deletions: row.deletions,
  createdAt: row.created_at,
})

export const readRevisions = (reader: Reader, change: string): Revision[] =>
  reader
    .all<RevisionRow>('SELECT * FROM revisions WHERE change = :change ORDER BY number', { change })
    .map(toRevision)

export function lastRevision(reader: Reader, change: string): Revision | undefined {
  const row = reader.get<RevisionRow>(
    'SELECT * FROM revisions WHERE change = :change ORDER BY number DESC LIMIT 1',
    { change },
  )
  return row && toRevision(row)
}

export function readComments(reader: Reader, change: string): ChangeComment[] {
  type CommentRow = Row & {
    id: string
    revision: number
    author: string
    body: string
    path: string | null
    line: number | null
    created_at: number
  }
  return reader
    .all<CommentRow>('SELECT * FROM comments WHERE change = :change ORDER BY id LIMIT 500', {
      change,
    })
    .map((row) => ({
      id: row.id,
      revision: row.revision,
      author: row.author,
      body: row.body,
      ...(row.path === null ? {} : { path: row.path }),
      ...(row.line === null ? {} : { line: row.line }),
      createdAt: row.created_at,
    }))
}

export function readReviews(reader: Reader, change: string): ChangeReview[] {
  type ReviewRow = Row & {
    id: string
    revision: number
    reviewer: string
    verdict: ChangeReview['verdict']
    body: string
    created_at: number
  }
  return reader
    .all<ReviewRow>('SELECT * FROM reviews WHERE change = :change ORDER BY id LIMIT 500', {
      change,
    })
    .map((row) => ({
      id: row.id,
      revision: row.revision,
      reviewer: row.reviewer,
      verdict: row.verdict,
      body: row.body,
      createdAt: row.created_at,
    }))
}
