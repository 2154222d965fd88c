import type { ApprovalGrant } from '../../../schemas/approval.ts'
import { listNewest } from '../../kit/listing.ts'
import type { Page } from '../../kit/page.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

export type GrantRow = Row & {
  id: string
  org: string
  tool: string
  kind: ApprovalGrant['kind']
  principal: string | null
  task: string | null
  approval: string
  given_by: string
  given_at: number
  expires_at: number | null
  ended_at: number | null
  ended_by: string | null
}

export const toGrant = (row: GrantRow): ApprovalGrant => ({
  id: row.id,
  org: row.org,
  tool: row.tool,
  kind: row.kind,
  ...(row.principal === null ? {} : { principal: row.principal }),
  ...(row.task === null ? {} : { task: row.task }),
  approval: row.approval,
  givenBy: row.given_by,
  givenAt: row.given_at,
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
})

/** As many as are looked at for one call: each is a person's own click. */
const mostForTool = 500

/** The grants in force that are for calls of this tool, whoever makes them. */
export async function grantsForTool(
  reader: Reader,
  tool: string,
  now: number,
): Promise<ApprovalGrant[]> {
  const rows = await reader.all<GrantRow>(
    `SELECT * FROM approval_grants
     WHERE tool = :tool AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
     ORDER BY id DESC LIMIT :most`,
    { tool, now, most: mostForTool },
  )
  return rows.map(toGrant)
}

export const readGrant = (reader: Reader, id: string): Promise<GrantRow | undefined> =>
  reader.get<GrantRow>('SELECT * FROM approval_grants WHERE id = :id', { id })

/** One page of the grants that nobody revoked, newest first. */
export const listGrants = (
  reader: Reader,
  options: {
    task: string | undefined
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
  },
): Promise<Page<ApprovalGrant>> => {
  const { task, ...rest } = options
  return listNewest<GrantRow, ApprovalGrant>(reader, {
    ...rest,
    table: 'approval_grants',
    filters: { task },
    also: 'ended_at IS NULL',
    toItem: toGrant,
  })
}

/** Lets a yes stand. */
export async function giveGrant(tx: Transaction, grant: ApprovalGrant): Promise<void> {
  const { id, org, tool, kind, principal, task, approval } = grant
  await tx.insert('approval_grants', {
    id,
    org,
    tool,
    kind,
    principal: principal ?? null,
    task: task ?? null,
    approval,
    given_by: grant.givenBy,
    given_at: grant.givenAt,
    expires_at: grant.expiresAt ?? null,
    ended_at: null,
    ended_by: null,
  })
  await tx.event({ kind: 'grant.given', org, subject: id, task, data: { tool, approval } })
}

/** Ends a grant; false where it has ended already. */
export async function endGrant(tx: Transaction, { id, org, task }: GrantRow, by: string) {
  const ended = await tx.run(
    'UPDATE approval_grants SET ended_at = :now, ended_by = :by WHERE id = :id AND ended_at IS NULL',
    { id, by, now: tx.now },
  )
  if (ended === 0) return false
  await tx.event({ kind: 'grant.ended', org, subject: id, task: task ?? undefined, data: { by } })
  return true
}

/** Ends what was granted to a task alone, with the task. */
export const endTaskGrants = (tx: Transaction, task: string): Promise<number> =>
  tx.run(
    `UPDATE approval_grants SET ended_at = :now, ended_by = 'the end of the task'
     WHERE task = :task AND ended_at IS NULL`,
    { task, now: tx.now },
  )
