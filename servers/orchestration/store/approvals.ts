import type { Approval, ApprovalKind, ApprovalState } from '../../../schemas/approval.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import { moveTask, readTask } from './tasks.ts'

export type ApprovalRow = Row & {
  id: string
  org: string
  kind: ApprovalKind
  task: string | null
  attempt: string | null
  question: string
  details: string
  state: ApprovalState
  asked_by: string
  asked_at: number
  expires_at: number | null
  decided_by: string | null
  reason: string | null
  decided_at: number | null
}

export const toApproval = (row: ApprovalRow, now: number): Approval => ({
  id: row.id,
  org: row.org,
  kind: row.kind,
  ...(row.task === null ? {} : { task: row.task }),
  question: row.question,
  details: JSON.parse(row.details) as Record<string, unknown>, // Written by askApproval.
  state: isExpired(row, now) ? 'void' : row.state,
  askedBy: row.asked_by,
  askedAt: row.asked_at,
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
})

export const readApproval = (reader: Reader, id: string): Promise<ApprovalRow | undefined> =>
  reader.get<ApprovalRow>('SELECT * FROM approvals WHERE id = :id', { id })

// One whose time is over is void, although no row says so.
const conditions: Record<ApprovalState, string> = {
  pending: `state = 'pending' AND (expires_at IS NULL OR expires_at > :now)`,
  approved: `state = 'approved'`,
  denied: `state = 'denied'`,
  void: `(state = 'void' OR state = 'pending' AND expires_at <= :now)`,
}

/** The newest approvals that match all that is given. */
export function listApprovals(
  reader: Reader,
  { id, state, task, orgs, now }: ApprovalFilter,
): Promise<ApprovalRow[]> {
  const where = [
    ...(id === undefined ? [] : ['id = :id']),
    ...(state === undefined ? [] : [conditions[state]]),
    ...(task === undefined ? [] : ['task = :task']),
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
  ]
  return reader.all<ApprovalRow>(
    `SELECT * FROM approvals ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
     ORDER BY id DESC LIMIT 100`,
    {
      now,
      ...(id === undefined ? {} : { id }),
      ...(task === undefined ? {} : { task }),
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
}

type ApprovalFilter = {
  id: string | undefined
  state: ApprovalState | undefined
  task: string | undefined
  orgs: string[] | undefined
  now: number
}

/**
 * Puts a question to people. One of kind `question` has its task wait for the answer; a call waits
 * by itself, while its task, which may have several calls under way, goes on. Whoever waits is woken
 * by the topic that is the approval's id.
 */
export async function askApproval(
  tx: Transaction,
  asked: {
    id: string
    org: string
    task?: string | undefined
    attempt?: string | undefined
    kind: ApprovalKind
    question: string
    details: Record<string, unknown>
    askedBy: string
    expiresAt?: number | undefined
  },
): Promise<ApprovalRow> {
  const { id, org, task, kind, question } = asked
  const row: ApprovalRow = {
    id,
    org,
    kind,
    task: task ?? null,
    attempt: asked.attempt ?? null,
    question,
    details: JSON.stringify(asked.details),
    state: 'pending',
    asked_by: asked.askedBy,
    asked_at: tx.now,
    expires_at: asked.expiresAt ?? null,
    decided_by: null,
    reason: null,
    decided_at: null,
  }
  await tx.insert('approvals', row)
  await tx.event({ kind: 'approval.asked', org, subject: id, task, data: { kind, question } })
  const waiting = kind === 'question' && task !== undefined ? await readTask(tx, task) : undefined
  const data = { approval: id, question }
  if (waiting) await moveTask(tx, waiting, 'ask', { waitingFor: 'approval', data })
  return row
}

/** Answers a pending approval, once, and lets the task that waits for it go on. */
export async function decideApproval(
  tx: Transaction,
  asked: ApprovalRow,
  answer: { decision: 'approve' | 'deny'; by: string; reason?: string | undefined },
): Promise<ApprovalRow> {
  const { id, org, kind, task } = asked
  const { decision, by, reason = null } = answer
  if (asked.state !== 'pending' || isExpired(asked, tx.now)) throw noLongerPending(asked)
  const decided: ApprovalRow = {
    ...asked,
    state: decision === 'approve' ? 'approved' : 'denied',
    decided_by: by,
    reason,
    decided_at: tx.now,
  }
  const changed = await tx.run(
    `UPDATE approvals SET state = :state, decided_by = :decided_by, reason = :reason,
       decided_at = :decided_at WHERE id = :id AND state = 'pending'`,
    decided,
  )
  if (changed === 0) throw noLongerPending(asked)
  await tx.event({
    kind: 'approval.decided',
    org,
    subject: id,
    task: task ?? undefined,
    data: { decision },
  })
  const waiting = kind === 'question' && task !== null ? await readTask(tx, task) : undefined
  if (waiting) await moveTask(tx, waiting, 'answer', { data: { approval: id, decision } })
  tx.about(task ?? id)
  return decided
}

/** Takes a pending approval back, because nobody waits for its answer any more. */
export async function voidApproval(tx: Transaction, id: string): Promise<void> {
  await announceVoid(
    tx,
    await tx.all<Voided>(
      `UPDATE approvals SET state = 'void' WHERE id = :id AND state = 'pending'
       RETURNING id, org, task`,
      { id },
    ),
  )
}

/** Takes back all that the attempt of a task still asks. */
export async function voidTaskApprovals(tx: Transaction, task: string): Promise<void> {
  await announceVoid(
    tx,
    await tx.all<Voided>(
      `UPDATE approvals SET state = 'void' WHERE task = :task AND state = 'pending'
       RETURNING id, org, task`,
      { task },
    ),
  )
}

type Voided = { id: string; org: string; task: string | null }

async function announceVoid(tx: Transaction, voided: Voided[]): Promise<void> {
  for (const { id, org, task } of voided)
    await tx.event({ kind: 'approval.void', org, subject: id, task: task ?? undefined })
}

const isExpired = ({ state, expires_at: expiresAt }: ApprovalRow, now: number): boolean =>
  state === 'pending' && expiresAt !== null && expiresAt <= now

function noLongerPending({ id, state, decided_by: by }: ApprovalRow): HubError {
  const [shown, why] =
    state === 'pending'
      ? ['void', 'nobody waits for the answer any more']
      : [state, state === 'void' ? 'the attempt that asked has ended' : `${by} answered it already`]
  return new HubError('conflict', `approval ${id} is ${shown}: ${why}`, {
    details: { state: shown },
  })
}
