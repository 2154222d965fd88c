import type { Repository } from '../../../schemas/repo.ts'
import type { Page } from '../page.ts'
import { cursorKey, goneCursor, pageOf } from '../page.ts'
import type { Reader, Row, Transaction } from '../sql.ts'
import { anyOf } from '../sql.ts'

// Owns the table `repositories`. One path may be known to several orgs, each with a row of its own.

export async function readRepository(reader: Reader, id: string): Promise<Repository | undefined> {
  const row = await reader.get<RepositoryRow>('SELECT * FROM repositories WHERE id = :id', { id })
  return row && toRepository(row)
}

/** The repository at a path as each org knows it. */
export async function readRepositoriesAt(reader: Reader, path: string): Promise<Repository[]> {
  const rows = await reader.all<RepositoryRow>('SELECT * FROM repositories WHERE path = :path', {
    path,
  })
  return rows.map(toRepository)
}

/** The repository at a path as one org knows it. */
export async function readRepositoryAt(
  reader: Reader,
  org: string,
  path: string,
): Promise<Repository | undefined> {
  const row = await reader.get<RepositoryRow>(
    'SELECT * FROM repositories WHERE org = :org AND path = :path',
    { org, path },
  )
  return row && toRepository(row)
}

/** By path; `orgs` undefined is all of them. */
export async function listRepositories(
  reader: Reader,
  orgs: string[] | undefined,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<Repository>> {
  const last = await readRepository(reader, cursorKey(cursor, ''))
  if (cursor !== undefined && !last) throw goneCursor(cursor)
  const asked = { path: last?.path ?? '', id: last?.id ?? '', rows: limit + 1 }
  const rest = '(path > :path OR (path = :path AND id > :id)) ORDER BY path, id LIMIT :rows'
  const rows =
    orgs === undefined
      ? await reader.all<RepositoryRow>(`SELECT * FROM repositories WHERE ${rest}`, asked)
      : await reader.all<RepositoryRow>(
          `SELECT * FROM repositories WHERE org ${anyOf('orgs')} AND ${rest}`,
          { orgs: JSON.stringify(orgs), ...asked },
        )
  return pageOf(rows, limit, toRepository, ({ id }) => id)
}

/** Makes a repository known to its org and announces it; one that is known already stays as it is. */
export async function addRepository(
  tx: Transaction,
  given: Omit<Repository, 'createdAt'>,
): Promise<Repository> {
  const { id, org, path } = given
  const added = await tx.run(
    `INSERT INTO repositories (id, org, path, default_branch, provider, created_at)
     VALUES (:id, :org, :path, :defaultBranch, :provider, :now) ON CONFLICT (org, path) DO NOTHING`,
    { ...given, now: tx.now },
  )
  if (added > 0) {
    await tx.event({ kind: 'repo.added', org, subject: id, data: { path } })
    tx.about(id)
  }
  return (await readRepositoryAt(tx, org, path)) ?? { ...given, createdAt: tx.now }
}

/** Has another provider keep a repository from now on, and announces it. */
export async function moveRepository(
  tx: Transaction,
  id: string,
  provider: string,
): Promise<Repository> {
  await tx.run('UPDATE repositories SET provider = :provider WHERE id = :id', { id, provider })
  const moved = await readRepository(tx, id)
  if (!moved) throw new Error(`repository ${id} is gone`)
  await tx.event({ kind: 'repo.moved', org: moved.org, subject: id, data: { provider } })
  tx.about(id)
  return moved
}

type RepositoryRow = Row & {
  id: string
  org: string
  path: string
  default_branch: string
  provider: string
  created_at: number
}

const toRepository = (row: RepositoryRow): Repository => ({
  id: row.id,
  org: row.org,
  path: row.path,
  defaultBranch: row.default_branch,
  provider: row.provider,
  createdAt: row.created_at,
})
