import type { Artifact } from '../../../schemas/artifact.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Page } from '../../kit/page.ts'
import { cursorKey, goneCursor, pageOf } from '../../kit/page.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

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
/** A page of what was kept from a task, the newest attempt first. */
export async function listArtifacts(
  reader: Reader,
  task: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<Artifact>> {
  const last = cursor === undefined ? undefined : await readArtifact(reader, cursorKey(cursor, ''))
  if (cursor !== undefined && last?.task !== task) throw goneCursor(cursor)
  const rows = await reader.all<ArtifactRow>(
    `SELECT * FROM artifacts
     WHERE task = :task AND (attempt < :attempt OR (attempt = :attempt AND name > :name))
     ORDER BY attempt DESC, name LIMIT :rows`,
    {
      task,
      attempt: last?.attempt ?? Number.MAX_SAFE_INTEGER,
      name: last?.name ?? '',
      rows: limit + 1,
    },
  )
  return pageOf(rows, limit, toArtifact, ({ id }) => id)
}

/** Artifacts of all tasks of some orgs, the newest first. */
export const listNewestArtifacts = (
  reader: Reader,
  asked: { orgs: string[] | undefined; name: string; before: string; count: number },
): Promise<ArtifactRow[]> => {
  const { orgs, name, ...page } = asked
  return reader.all<ArtifactRow>(
    `SELECT a.* FROM artifacts a JOIN tasks t ON t.id = a.task
     WHERE a.id < :before AND lower(a.name) LIKE :pattern ESCAPE '!'
       ${orgs === undefined ? '' : `AND t.org ${anyOf('orgs')}`}
     ORDER BY a.id DESC LIMIT :count`,
    {
      ...page,
      pattern: `%${name.toLowerCase().replace(/[!%_]/g, '!$&')}%`,
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
}

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
