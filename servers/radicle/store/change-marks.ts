import type { Reader, Row, Transaction } from '../../kit/sql.ts'

// Owns the table `change_marks`: how open changes were at their provider when they were last looked at.

export type OpenChange = { change: string; handle: string; mark: string }

/** The open changes of a repository that its provider has a name for, with their marks, by id. */
export async function openChangesOf(
  reader: Reader,
  repo: string,
  after: string,
  limit: number,
): Promise<OpenChange[]> {
  const rows = await reader.all<Row & { id: string; handle: string; mark: string | null }>(
    `SELECT changes.id, changes.handle, change_marks.mark
     FROM changes LEFT JOIN change_marks ON change_marks.change = changes.id
     WHERE changes.repo = :repo AND changes.state = 'open' AND changes.handle IS NOT NULL
       AND changes.id > :after
     ORDER BY changes.id LIMIT :limit`,
    { repo, after, limit },
  )
  return rows.map(({ id, handle, mark }) => ({ change: id, handle, mark: mark ?? '' }))
}

/** Repositories with an open change that their provider has a name for. */
export async function repositoriesToWatch(reader: Reader): Promise<string[]> {
  const rows = await reader.all<Row & { repo: string }>(
    `SELECT DISTINCT repo FROM changes WHERE state = 'open' AND handle IS NOT NULL
     ORDER BY repo LIMIT 500`,
  )
  return rows.map(({ repo }) => repo)
}

export const keepMark = async (tx: Transaction, change: string, mark: string): Promise<void> => {
  await tx.run(
    `INSERT INTO change_marks (change, mark, seen_at) VALUES (:change, :mark, :now)
     ON CONFLICT (change) DO UPDATE SET mark = excluded.mark, seen_at = excluded.seen_at`,
    { change, mark, now: tx.now },
  )
}
