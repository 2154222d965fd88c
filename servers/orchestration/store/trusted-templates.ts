import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

// Owns the table `trusted_templates`.

export type TrustedRow = Row & {
  org: string
  repo: string
  name: string
  path: string
  commit_hash: string
  digest: string
  body: string
  trusted_by: string
  trusted_at: number
}

/** Templates that orgs trust, by name; `orgs` undefined is all of them. */
export async function listTrusted(
  reader: Reader,
  options: {
    orgs: string[] | undefined
    repo?: string | undefined
    name?: string | undefined
    limit: number
  },
): Promise<TrustedRow[]> {
  const { orgs, repo, name, limit } = options
  const conditions = [
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
    ...(repo === undefined ? [] : ['repo = :repo']),
    ...(name === undefined ? [] : ['name = :name']),
  ]
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
  return reader.all<TrustedRow>(
    `SELECT * FROM trusted_templates ${where} ORDER BY name, repo, org LIMIT :limit`,
    {
      limit,
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
      ...(repo === undefined ? {} : { repo }),
      ...(name === undefined ? {} : { name }),
    },
  )
}

/** Puts these in place of all that the org trusted in the repository before. */
export async function replaceTrusted(
  tx: Transaction,
  { org, repo }: { org: string; repo: string },
  rows: TrustedRow[],
): Promise<void> {
  await tx.run('DELETE FROM trusted_templates WHERE org = :org AND repo = :repo', { org, repo })
  for (const row of rows) await tx.insert('trusted_templates', row)
  const data = { templates: rows.map(({ name, digest }) => ({ name, digest })) }
  await tx.event({ kind: 'template.trusted', org, subject: repo, data })
}
