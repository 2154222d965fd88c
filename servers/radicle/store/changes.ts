import type { Change, ChangeComment, ChangeReview } from '../../../schemas/change.ts'
import { HubError } from '../../../schemas/errors.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Page } from '../../kit/page.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { addComment } from './comments.ts'
import { addReview } from './reviews.ts'
import type { StoredRevision } from './revisions.ts'
import { addRevision } from './revisions.ts'

// Owns the table `changes`. Whatever happens to a change is written here with its event.

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
  /** What the provider calls the change. */
  handle: string | null
  /** Number of the last revision. */
  revisions: number
  merged_as: string | null
  merged_by: string | null
  created_at: number
  updated_at: number
}

export const readChange = (reader: Reader, id: string): Promise<ChangeRow | undefined> =>
  reader.get<ChangeRow>('SELECT * FROM changes WHERE id = :id', { id })

export const readChangeOf = (reader: Reader, task: string): Promise<ChangeRow | undefined> =>
  reader.get<ChangeRow>('SELECT * FROM changes WHERE task = :task', { task })

/** Newest first; `orgs` undefined is all of them. */
export const listChanges = (
  reader: Reader,
  options: {
    filters: { state: Change['state'] | undefined; task: string | undefined }
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
  },
): Promise<Page<Change>> => listNewest(reader, { ...options, table: 'changes', toItem: toChange })

export const toChange = (row: ChangeRow): Change => ({
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
  revisions: row.revisions,
  ...(row.merged_as === null ? {} : { mergedAs: row.merged_as }),
  ...(row.merged_by === null ? {} : { mergedBy: row.merged_by }),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

type Proposed = Pick<Change, 'id' | 'org' | 'repo' | 'title' | 'body' | 'branch' | 'target'> & {
  task: string
  author: string
  handle: string | undefined
  revision: Omit<StoredRevision, 'number' | 'createdAt'>
}

/** Opens the change of a task, or adds a revision to it; what it is at already adds none. */
export async function proposeRevision(
  tx: Transaction,
  { revision, ...proposed }: Proposed,
): Promise<ChangeRow> {
  const { head } = revision
  const { title, body, handle = null } = proposed
  const known = await readChangeOf(tx, proposed.task)
  if (known) assertOpen(known)
  if (known?.head === head) return known
  const number = (known?.revisions ?? 0) + 1
  const row: ChangeRow = known
    ? { ...known, head, title, body, revisions: number }
    : {
        ...proposed,
        handle,
        state: 'open',
        head,
        revisions: number,
        merged_as: null,
        merged_by: null,
        created_at: tx.now,
        updated_at: tx.now,
      }
  if (!known) await tx.insert('changes', row)
  await addRevision(tx, row.id, { ...revision, number })
  return record(tx, row, known ? 'change.revised' : 'change.opened', { revision: number })
}

export async function commentOnChange(
  tx: Transaction,
  id: string,
  given: Omit<ChangeComment, 'createdAt'>,
): Promise<ChangeComment> {
  const comment = { ...given, createdAt: tx.now }
  await addComment(tx, id, comment)
  await record(tx, await requireChange(tx, id), 'change.commented', { comment: comment.id })
  return comment
}

export async function reviewChange(
  tx: Transaction,
  id: string,
  given: Omit<ChangeReview, 'createdAt'>,
): Promise<ChangeReview> {
  const row = await requireChange(tx, id)
  assertReviewable(row, given)
  const review = { ...given, createdAt: tx.now }
  await addReview(tx, id, review)
  const { verdict, revision } = review
  await record(tx, row, 'change.reviewed', { verdict, revision, review: review.id })
  return review
}

/** Records what the provider says is in the target branch, whatever became of the change meanwhile. */
export async function mergeChange(
  tx: Transaction,
  id: string,
  { mergedAs, mergedBy }: { mergedAs: string; mergedBy: string },
): Promise<ChangeRow> {
  const row = await requireChange(tx, id)
  if (row.state === 'merged') return row
  const merged: ChangeRow = { ...row, state: 'merged', merged_as: mergedAs, merged_by: mergedBy }
  return record(tx, merged, 'change.merged', { mergedAs, target: row.target })
}

export async function closeChange(tx: Transaction, id: string, reason: string): Promise<ChangeRow> {
  const row = await requireChange(tx, id)
  if (row.state === 'closed') return row
  assertOpen(row)
  return record(tx, { ...row, state: 'closed' }, 'change.closed', { reason })
}

export function assertOpen(row: ChangeRow): void {
  if (row.state === 'open') return
  throw new HubError('conflict', `change ${row.id} is ${row.state}`, {
    details: { state: row.state },
  })
}

/** Only what was proposed last can be asked to change; an older revision can still be accepted. */
export function assertReviewable(
  row: ChangeRow,
  { verdict, revision }: Pick<ChangeReview, 'verdict' | 'revision'>,
): void {
  assertOpen(row)
  if (verdict !== 'request_changes' || revision === row.revisions) return
  throw new HubError(
    'conflict',
    `revision ${revision} is not the last one of ${row.id}, which is ${row.revisions}`,
    { hint: 'Read the last revision and review that one.' },
  )
}

/** Changes are never deleted, so one that was found outside the transaction is there inside it. */
async function requireChange(tx: Transaction, id: string): Promise<ChangeRow> {
  const row = await readChange(tx, id)
  if (row) return row
  throw new Error(`change ${id} is gone`)
}

async function record(
  tx: Transaction,
  row: ChangeRow,
  kind: string,
  data: Record<string, unknown>,
): Promise<ChangeRow> {
  const { id, state, head, title, body, revisions, merged_as, merged_by } = row
  await tx.run(
    `UPDATE changes SET state = :state, head = :head, title = :title, body = :body,
       revisions = :revisions, merged_as = :merged_as, merged_by = :merged_by, updated_at = :now
     WHERE id = :id`,
    { id, state, head, title, body, revisions, merged_as, merged_by, now: tx.now },
  )
  tx.about(id)
  const task = row.task === null ? {} : { task: row.task }
  await tx.event({ kind, org: row.org, subject: id, ...task, data: { change: id, ...data } })
  return { ...row, updated_at: tx.now }
}
