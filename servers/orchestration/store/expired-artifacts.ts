import type { Reader, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

// What retention removes of the table `artifacts`: those of tasks that are final.

export type OldArtifact = {
  id: string
  task: string
  sha256: string
  created_at: number
  finished_at: number | null
}

/** Artifacts that were made before an instant, the oldest first, from one of them on. */
export const listOldArtifacts = (
  reader: Reader,
  { before, after, count }: { before: number; after: { at: number; id: string }; count: number },
): Promise<OldArtifact[]> =>
  reader.all<OldArtifact>(
    `SELECT artifacts.id, task, sha256, created_at, finished_at
     FROM artifacts JOIN tasks ON tasks.id = artifacts.task
     WHERE (created_at, artifacts.id) > (:at, :id) AND created_at < :before
     ORDER BY created_at, artifacts.id LIMIT :count`,
    { ...after, before, count },
  )

export const dropArtifacts = (tx: Transaction, ids: string[]): Promise<number> =>
  tx.run(`DELETE FROM artifacts WHERE id ${anyOf('ids')}`, { ids: JSON.stringify(ids) })

/** Whether any artifact has these bytes. */
export const hasArtifactOf = async (reader: Reader, sha256: string): Promise<boolean> =>
  (await reader.get('SELECT 1 AS found FROM artifacts WHERE sha256 = :sha256 LIMIT 1', {
    sha256,
  })) !== undefined
