import type { Change } from '../../../schemas/change.ts'
import type { Transaction } from '../../kit/sql.ts'
import type { ChangeRow } from './changes.ts'
import { assertOpen } from './change-state.ts'
import {
  insertChange,
  readChangeCalled,
  readChangeOf,
  recordChange,
  requireChange,
  saveRead,
} from './changes.ts'
import type { StoredRevision } from './revisions.ts'
import { addRevision } from './revisions.ts'

// How a change gets its revisions: from the task whose work it is, or from who proposed it elsewhere.

type Proposed = Pick<Change, 'id' | 'org' | 'repo' | 'title' | 'body' | 'branch' | 'target'> & {
  task: string
  author: string
  handle: string | undefined
  /** Whether it is opened as a draft; what is there stays what it is. */
  isDraft: boolean
  /** The last remark that whoever made it has read; undefined takes all that are on record with a new revision. */
  seen: number | undefined
  revision: Omit<StoredRevision, 'number' | 'createdAt'>
}

/**
 * Opens the change of a task, or adds a revision to it; what it is at already adds none, but says
 * which remarks were read. A new revision ends what was said of the one before: a conflict, a wait.
 */
export async function proposeRevision(
  tx: Transaction,
  { revision, seen, ...proposed }: Proposed,
): Promise<ChangeRow> {
  const { head } = revision
  const { title, body, handle = null } = proposed
  const known = await readChangeOf(tx, proposed.task)
  if (!known) {
    const { isDraft, ...about } = proposed
    const begun = { ...about, handle, head, draft: isDraft ? 1 : 0, imported_by: null }
    const row = await insertChange(tx, begun)
    await addRevision(tx, row.id, { ...revision, number: 1 })
    return recordChange(tx, row, 'change.opened', {
      revision: 1,
      ...(isDraft ? { draft: true } : {}),
    })
  }
  assertOpen(known)
  const isNew = known.head !== head
  const read = Math.min(known.remarks, seen ?? (isNew ? known.remarks : known.taken))
  const taken = Math.max(known.taken, read)
  if (!isNew) return saveRead(tx, { ...known, taken, conflict: null })
  const number = known.revisions + 1
  const waits = { waiting: null, conflict: null }
  const row: ChangeRow = { ...known, ...waits, head, title, body, taken, revisions: number }
  await addRevision(tx, row.id, { ...revision, number })
  return recordChange(tx, row, 'change.revised', { revision: number })
}

/** Says that a change is a draft, or ready; what it is already changes nothing. */
export async function saveDraft(tx: Transaction, id: string, isDraft: boolean): Promise<ChangeRow> {
  const row = await requireChange(tx, id)
  tx.about(id)
  if (row.state !== 'open' || (row.draft === 1) === isDraft) return row
  const kind = isDraft ? 'change.drafted' : 'change.ready'
  return recordChange(tx, { ...row, draft: isDraft ? 1 : 0 }, kind, { revision: row.revisions })
}

type Revised = Omit<StoredRevision, 'number' | 'createdAt' | 'checks'>

/** What is taken in of somebody else's change: what it is at first, and by whom it is taken in. */
export type Imported = Pick<
  ChangeRow,
  'id' | 'org' | 'repo' | 'title' | 'body' | 'branch' | 'target' | 'author'
> & { handle: string; isDraft: boolean; importedBy: string; revisions: Revised[] }

/** Makes a change of what somebody else proposed; the one that it is already, where it is. */
export async function importChange(
  tx: Transaction,
  { revisions, isDraft, importedBy, ...about }: Imported,
): Promise<ChangeRow> {
  const known = await readChangeCalled(tx, about)
  if (known?.state === 'open') {
    tx.about(known.id)
    return known
  }
  const [first, ...later] = revisions
  if (!first) throw new Error(`${about.handle} has no revision`)
  const { head } = first
  const begun = { ...about, head, task: null, draft: isDraft ? 1 : 0, imported_by: importedBy }
  const row = await insertChange(tx, begun)
  await addRevision(tx, row.id, { ...first, checks: [], number: 1 })
  let last = row
  for (const revision of later) last = await add(tx, last, revision)
  return recordChange(tx, last, 'change.opened', {
    revision: last.revisions,
    imported: true,
    ...(isDraft ? { draft: true } : {}),
  })
}

/** Brings a change that was taken in up to date with who proposed it. */
export async function followChange(
  tx: Transaction,
  id: string,
  { title, body, revisions }: { title: string; body: string; revisions: Revised[] },
): Promise<ChangeRow> {
  const row = await requireChange(tx, id)
  if (row.state !== 'open') return row
  let last: ChangeRow = { ...row, title, body }
  if (revisions.length === 0) return recordChange(tx, last, 'change.edited', { title })
  for (const revision of revisions) {
    last = { ...(await add(tx, last, revision)), waiting: null, conflict: null }
    last = await recordChange(tx, last, 'change.revised', { revision: last.revisions })
  }
  return last
}

async function add(tx: Transaction, row: ChangeRow, revision: Revised): Promise<ChangeRow> {
  const number = row.revisions + 1
  await addRevision(tx, row.id, { ...revision, checks: [], number })
  return { ...row, head: revision.head, revisions: number }
}
