import type { Revision } from '../../../schemas/change.ts'
import type { CheckResult } from '../../../schemas/task.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `revisions`: what a change was at each time it was proposed.

/** A revision with the name its provider has for it. */
export type StoredRevision = Revision & { handle?: string | undefined }

export async function readRevisions(reader: Reader, change: string): Promise<Revision[]> {
  const rows = await reader.all<RevisionRow>(
    'SELECT * FROM revisions WHERE change = :change ORDER BY number',
    { change },
  )
  return rows.map(toRevision)
}

export async function readRevision(
  reader: Reader,
  change: string,
  number: number,
): Promise<StoredRevision | undefined> {
  const row = await reader.get<RevisionRow>(
    'SELECT * FROM revisions WHERE change = :change AND number = :number',
    { change, number },
  )
  return row && { ...toRevision(row), ...(row.handle === null ? {} : { handle: row.handle }) }
}

/** Number of the revision that the provider calls so. */
export async function revisionCalled(
  reader: Reader,
  change: string,
  handle: string,
): Promise<number | undefined> {
  const row = await reader.get<Row & { number: number }>(
    'SELECT number FROM revisions WHERE change = :change AND handle = :handle',
    { change, handle },
  )
  return row?.number
}

/** What the provider calls the revisions that are on record. */
export async function readRevisionHandles(reader: Reader, change: string): Promise<Set<string>> {
  const rows = await reader.all<Row & { handle: string }>(
    'SELECT handle FROM revisions WHERE change = :change AND handle IS NOT NULL',
    { change },
  )
  return new Set(rows.map(({ handle }) => handle))
}

export const addRevision = (
  tx: Transaction,
  change: string,
  revision: Omit<StoredRevision, 'createdAt'>,
): Promise<void> =>
  tx.insert('revisions', {
    change,
    number: revision.number,
    handle: revision.handle ?? null,
    head: revision.head,
    base: revision.base,
    summary: revision.summary,
    checks: JSON.stringify(revision.checks),
    files_changed: revision.filesChanged,
    additions: revision.additions,
    deletions: revision.deletions,
    created_at: tx.now,
  })

type RevisionRow = Row & {
  number: number
  handle: string | null
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
  checks: JSON.parse(row.checks) as CheckResult[], // Written by addRevision.
  filesChanged: row.files_changed,
  additions: row.additions,
  deletions: row.deletions,
  createdAt: row.created_at,
})
