import type { Change, Conflict } from '../../../schemas/change.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Page } from '../../kit/page.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { assertOpen } from './change-state.ts'

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
  /** Number of the last comment or review. */
  remarks: number
  /** The last of them that an attempt has read. */
  taken: number
  waiting: string | null
  /** JSON of a Conflict. */
  conflict: string | null
  /** 1 for a draft. */
  draft: number
  /** Who took it in, where somebody else proposed it at its provider. */
  imported_by: string | null
  created_at: number
  updated_at: number
}

export const readChange = (reader: Reader, id: string): Promise<ChangeRow | undefined> =>
  reader.get<ChangeRow>('SELECT * FROM changes WHERE id = :id', { id })

export const readChangeOf = (reader: Reader, task: string): Promise<ChangeRow | undefined> =>
  reader.get<ChangeRow>('SELECT * FROM changes WHERE task = :task', { task })

/** The change of this repository that was taken in from there, or that is called so there; the latest. */
export const readChangeCalled = (
  reader: Reader,
  called: { repo: string; handle: string },
): Promise<ChangeRow | undefined> =>
  reader.get<ChangeRow>(
    'SELECT * FROM changes WHERE repo = :repo AND handle = :handle ORDER BY id DESC LIMIT 1',
    called,
  )

/** The open change of a task that proposes this branch. */
export const readChangeOfBranch = (
  reader: Reader,
  of: { repo: string; branch: string },
): Promise<ChangeRow | undefined> =>
  reader.get<ChangeRow>(
    `SELECT * FROM changes WHERE repo = :repo AND branch = :branch AND state = 'open'
     ORDER BY id DESC LIMIT 1`,
    of,
  )

/** A change as it begins: with its first revision, and nothing said of it. */
export async function insertChange(
  tx: Transaction,
  begun: Pick<
    ChangeRow,
    | 'id'
    | 'org'
    | 'repo'
    | 'task'
    | 'title'
    | 'body'
    | 'branch'
    | 'target'
    | 'head'
    | 'author'
    | 'handle'
    | 'draft'
    | 'imported_by'
  >,
): Promise<ChangeRow> {
  const row: ChangeRow = {
    ...begun,
    state: 'open',
    revisions: 1,
    merged_as: null,
    merged_by: null,
    remarks: 0,
    taken: 0,
    waiting: null,
    conflict: null,
    created_at: tx.now,
    updated_at: tx.now,
  }
  await tx.insert('changes', row)
  return row
}

/** Newest first; `orgs` undefined is all of them. */
export const listChanges = (
  reader: Reader,
  options: {
    filters: {
      state: Change['state'] | undefined
      task: string | undefined
      repo: string | undefined
    }
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
  ...(row.draft === 0 ? {} : { draft: true }),
  ...(row.imported_by === null ? {} : { importedBy: row.imported_by }),
  revisions: row.revisions,
  ...(row.merged_as === null ? {} : { mergedAs: row.merged_as }),
  ...(row.merged_by === null ? {} : { mergedBy: row.merged_by }),
  ...(row.waiting === null ? {} : { waiting: row.waiting }),
  ...(row.conflict === null ? {} : { conflict: JSON.parse(row.conflict) as Conflict }), // By conflictChange.
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

/** Records what the provider says is in the target branch, whatever became of the change meanwhile. */
export async function mergeChange(
  tx: Transaction,
  id: string,
  { mergedAs, mergedBy }: { mergedAs: string; mergedBy: string },
): Promise<ChangeRow> {
  const row = await requireChange(tx, id)
  if (row.state === 'merged') return row
  const merged: ChangeRow = {
    ...row,
    state: 'merged',
    merged_as: mergedAs,
    merged_by: mergedBy,
    waiting: null,
    conflict: null,
  }
  return recordChange(tx, merged, 'change.merged', { mergedAs, target: row.target })
}

export async function closeChange(tx: Transaction, id: string, reason: string): Promise<ChangeRow> {
  const row = await requireChange(tx, id)
  if (row.state === 'closed') return row
  assertOpen(row)
  return recordChange(tx, { ...row, state: 'closed', waiting: null }, 'change.closed', { reason })
}

/** Says why an open change waits for a person; what is on record already changes nothing. */
export async function holdChange(tx: Transaction, id: string, reason: string): Promise<ChangeRow> {
  const row = await requireChange(tx, id)
  tx.about(id)
  if (row.state !== 'open' || row.waiting === reason) return row
  return recordChange(tx, { ...row, waiting: reason }, 'change.waiting', { reason })
}

/** Says with what an open change conflicts, so that its next revision resolves it. */
export async function conflictChange(
  tx: Transaction,
  id: string,
  conflict: Conflict,
): Promise<ChangeRow> {
  const row = await requireChange(tx, id)
  assertOpen(row)
  const text = JSON.stringify(conflict)
  const files = conflict.files.map(({ path }) => path)
  return recordChange(tx, { ...row, conflict: text }, 'change.conflicted', {
    target: conflict.target,
    files,
  })
}

/** Changes are never deleted, so one that was found outside the transaction is there inside it. */
export async function requireChange(tx: Transaction, id: string): Promise<ChangeRow> {
  const row = await readChange(tx, id)
  if (row) return row
  throw new Error(`change ${id} is gone`)
}

/** What was at that head already has been read, and is all that could be done about a conflict. */
export async function saveRead(tx: Transaction, row: ChangeRow): Promise<ChangeRow> {
  const { id, taken } = row
  tx.about(id)
  await tx.run('UPDATE changes SET taken = :taken, conflict = NULL WHERE id = :id', { id, taken })
  return row
}

/** Writes what became of a change, with the event that says so. */
export async function recordChange(
  tx: Transaction,
  row: ChangeRow,
  kind: string,
  data: Record<string, unknown>,
): Promise<ChangeRow> {
  const { id, state, head, title, body, revisions, merged_as, merged_by } = row
  const { remarks, taken, waiting, conflict, draft } = row
  await tx.run(
    `UPDATE changes SET state = :state, head = :head, title = :title, body = :body,
       revisions = :revisions, merged_as = :merged_as, merged_by = :merged_by, remarks = :remarks,
       taken = :taken, waiting = :waiting, conflict = :conflict, draft = :draft, updated_at = :now
     WHERE id = :id`,
    {
      ...{ id, state, head, title, body, revisions, merged_as, merged_by },
      ...{ remarks, taken, waiting, conflict, draft, now: tx.now },
    },
  )
  tx.about(id)
  const task = row.task === null ? {} : { task: row.task }
  await tx.event({ kind, org: row.org, subject: id, ...task, data: { change: id, ...data } })
  return { ...row, updated_at: tx.now }
}
