import type { Artifact } from '../../../schemas/artifact.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

export type ArtifactRow = Row & {
  id: string
  task: string
  attempt: number
  name: string
  media_type: string
  size_bytes: number
  sha256: string
  created_at: number
}

export const toArtifact = (row: ArtifactRow): Artifact => ({
  id: row.id,
  task: row.task,
  attempt: row.attempt,
  name: row.name,
  mediaType: row.media_type,
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  createdAt: row.created_at,
})

export const readArtifact = (reader: Reader, id: string): Promise<ArtifactRow | undefined> =>
  reader.get<ArtifactRow>('SELECT * FROM artifacts WHERE id = :id', { id })

/** The artifacts of a task, those of the newest attempt first. */
export const listArtifacts = (reader: Reader, task: string): Promise<ArtifactRow[]> =>
  reader.all<ArtifactRow>(
    'SELECT * FROM artifacts WHERE task = :task ORDER BY attempt DESC, name LIMIT 500',
    { task },
  )

/** Keeps an artifact; the same name and bytes again are the artifact that is there. */
export async function keepArtifact(
  tx: Transaction,
  org: string,
  row: ArtifactRow,
): Promise<ArtifactRow> {
  const { id, task, name } = row
  const same = await tx.get<ArtifactRow>(
    'SELECT * FROM artifacts WHERE task = :task AND attempt = :attempt AND name = :name',
    { task, attempt: row.attempt, name },
  )
  if (same?.sha256 === row.sha256) return same
  if (same) {
    throw new HubError('conflict', `this attempt already kept another file as ${name}`, {
      hint: 'Use another name.',
    })
  }
  await tx.insert('artifacts', row)
  await tx.event({ kind: 'artifact.created', org, subject: id, task, data: { name } })
  return row
}
