import type { Approval, ApprovalGrant, ApprovalState } from '../../../schemas/approval.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Authority } from '../../kit/authority.ts'
import type { Page } from '../../kit/page.ts'
import { cursorKey, pageOf } from '../../kit/page.ts'
import type { Reader } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import type { ApprovalRow } from './approvals.ts'
import { readApproval, toApproval } from './approvals.ts'

/** The approval, or not_found, also when the caller may not see it. */
export async function findApproval(
  caller: Authority,
  reader: Reader,
  id: string,
): Promise<ApprovalRow> {
  const row = await readApproval(reader, id)
  if (row && caller.may('row.see', { org: row.org, task: row.task ?? undefined })) return row
  throw new HubError('not_found', `there is no approval ${JSON.stringify(id)}`, {
    hint: 'approval_list shows the open questions.',
  })
}

// One whose time is over has expired, although no row may say so yet.
const conditions: Record<ApprovalState, string> = {
  pending: `state = 'pending' AND (expires_at IS NULL OR expires_at > :now)`,
  approved: `state = 'approved'`,
  denied: `state = 'denied'`,
  expired: `(state = 'expired' OR state = 'pending' AND expires_at <= :now)`,
  void: `state = 'void'`,
}

/** Above every id of ours, so that a listing from the newest down starts at the top. */
const highestId = '~'

/** A page of the approvals that match all that is given, newest first. */
export async function listApprovals(
  reader: Reader,
  options: {
    id: string | undefined
    state: ApprovalState | undefined
    task: string | undefined
    subject: string | undefined
    orgs: string[] | undefined
    cursor: string | undefined
    limit: number
    now: number
  },
): Promise<Page<Approval>> {
  const { id, state, task, subject, orgs, cursor, limit, now } = options
  const where = [
    'id < :before',
    ...(id === undefined ? [] : ['id = :id']),
    ...(state === undefined ? [] : [conditions[state]]),
    ...(task === undefined ? [] : ['task = :task']),
    ...(subject === undefined ? [] : ['subject = :subject']),
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
  ]
  const rows = await reader.all<ApprovalRow>(
    `SELECT * FROM approvals WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT :count`,
    {
      now,
      before: cursorKey(cursor, highestId),
      count: limit + 1,
      ...(id === undefined ? {} : { id }),
      ...(task === undefined ? {} : { task }),
      ...(subject === undefined ? {} : { subject }),
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
  return pageOf(
    rows,
    limit,
    (row) => toApproval(row, now),
    (row) => row.id,
  )
}

const mostUnderGrant = 100

/** The calls that wait for an answer which a grant gives, a bounded number of them. */
export const pendingUnder = (reader: Reader, grant: ApprovalGrant): Promise<ApprovalRow[]> => {
  const { org, tool, kind, principal, task } = grant
  return reader.all<ApprovalRow>(
    `SELECT * FROM approvals
     WHERE ${conditions.pending} AND kind = 'call' AND org = :org AND tool = :tool AND caller = :caller
       ${principal === undefined ? '' : 'AND asked_by = :principal'}
       ${task === undefined ? '' : 'AND task = :task'}
     ORDER BY id LIMIT :most`,
    {
      now: grant.givenAt,
      org,
      tool,
      caller: kind,
      most: mostUnderGrant,
      ...(principal === undefined ? {} : { principal }),
      ...(task === undefined ? {} : { task }),
    },
  )
}

/** How many questions of one who asks are open. */
export const countPendingBy = async (reader: Reader, askedBy: string, now: number) =>
  (
    await reader.get<{ count: number }>(
      `SELECT count(*) AS count FROM approvals WHERE ${conditions.pending} AND asked_by = :askedBy`,
      { askedBy, now },
    )
  )?.count ?? 0

/** How many questions are open in these orgs, or in all. */
export const countPending = async (
  reader: Reader,
  orgs: string[] | undefined,
  now: number,
): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      `SELECT count(*) AS count FROM approvals
       WHERE ${conditions.pending}${orgs === undefined ? '' : ` AND org ${anyOf('orgs')}`}`,
      { now, ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }) },
    )
  )?.count ?? 0
