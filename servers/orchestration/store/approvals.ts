import type {
  Approval,
  ApprovalKind,
  ApprovalScope,
  ApprovalState,
  CallOutcome,
} from '../../../schemas/approval.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { moveTask, readTask } from './tasks.ts'

export type ApprovalRow = Row & {
  id: string
  org: string
  kind: ApprovalKind
  task: string | null
  attempt: string | null
  subject: string | null
  tool: string | null
  caller: Principal['kind'] | null
  question: string
  details: string
  state: ApprovalState
  asked_by: string
  asked_at: number
  expires_at: number | null
  decided_by: string | null
  reason: string | null
  scope: ApprovalScope | null
  decided_at: number | null
  outcome: CallOutcome | null
  failure: string | null
}

export const toApproval = (row: ApprovalRow, now: number): Approval => ({
  id: row.id,
  org: row.org,
  kind: row.kind,
  ...(row.task === null ? {} : { task: row.task }),
  ...(row.subject === null ? {} : { subject: row.subject }),
  ...(row.tool === null ? {} : { tool: row.tool }),
  question: row.question,
  details: JSON.parse(row.details) as Record<string, unknown>, // Written by askApproval.
  state: stateOf(row, now),
  askedBy: row.asked_by,
  askedAt: row.asked_at,
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.scope === null ? {} : { scope: row.scope }),
  ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
  ...(row.outcome === null ? {} : { outcome: row.outcome }),
  ...(row.failure === null ? {} : { failure: row.failure }),
})

/** One whose time is over has expired from that moment on, also before its row says so. */
export const stateOf = ({ state, expires_at: expiresAt }: ApprovalRow, now: number) =>
  state === 'pending' && expiresAt !== null && expiresAt <= now ? 'expired' : state

export const readApproval = (reader: Reader, id: string): Promise<ApprovalRow | undefined> =>
  reader.get<ApprovalRow>('SELECT * FROM approvals WHERE id = :id', { id })

type Asked = {
  id: string
  org: string
  task?: string | undefined
  attempt?: string | undefined
  /** What the question is about besides a task, such as a plan. */
  subject?: string | undefined
  kind: ApprovalKind
  /** Of a held call: its tool, and the kind of who makes it. */
  tool?: string | undefined
  caller?: Principal['kind'] | undefined
  question: string
  details: Record<string, unknown>
  askedBy: string
  expiresAt?: number | undefined
}

/**
 * Puts a question to people. One of kind `question` has its task wait for the answer; a call waits
 * by itself, while its task, which may have several calls under way, goes on. Whoever waits is woken
 * by the topic that is the approval's id.
 */
export async function askApproval(tx: Transaction, asked: Asked): Promise<ApprovalRow> {
  const { id, org, task, subject, kind, question } = asked
  const row: ApprovalRow = {
    id,
    org,
    kind,
    task: task ?? null,
    attempt: asked.attempt ?? null,
    subject: subject ?? null,
    tool: asked.tool ?? null,
    caller: asked.caller ?? null,
    question,
    details: JSON.stringify(asked.details),
    state: 'pending',
    asked_by: asked.askedBy,
    asked_at: tx.now,
    expires_at: asked.expiresAt ?? null,
    decided_by: null,
    reason: null,
    scope: null,
    decided_at: null,
    outcome: null,
    failure: null,
  }
  await tx.insert('approvals', row)
  await announce(tx, row, 'approval.asked', { kind, question })
  const waiting = kind === 'question' && task !== undefined ? await readTask(tx, task) : undefined
  const data = { approval: id, question }
  if (waiting) await moveTask(tx, waiting, 'ask', { waitingFor: 'approval', data })
  return row
}

export type Answer = {
  decision: 'approve' | 'deny'
  by: string
  reason?: string | undefined
  scope?: ApprovalScope | undefined
}

/** Answers a pending approval, once, and lets the task that waits for it go on. */
export async function decideApproval(
  tx: Transaction,
  asked: ApprovalRow,
  { decision, by, reason, scope = 'once' }: Answer,
): Promise<ApprovalRow> {
  if (stateOf(asked, tx.now) !== 'pending') throw noLongerPending(asked, tx.now)
  const isApproved = decision === 'approve'
  const decided: ApprovalRow = {
    ...asked,
    state: isApproved ? 'approved' : 'denied',
    decided_by: by,
    reason: reason ?? null,
    scope: isApproved ? scope : null,
    decided_at: tx.now,
  }
  const changed = await tx.run(
    `UPDATE approvals SET state = :state, decided_by = :decided_by, reason = :reason,
       scope = :scope, decided_at = :decided_at WHERE id = :id AND state = 'pending'`,
    decided,
  )
  if (changed === 0) throw noLongerPending(asked, tx.now)
  await announce(tx, asked, 'approval.decided', { decision, by })
  await goOn(tx, asked, { approval: asked.id, decision })
  tx.about(asked.task ?? asked.id)
  return decided
}

/** Takes a pending approval back, because nobody waits for its answer any more. */
export async function voidApproval(tx: Transaction, id: string): Promise<void> {
  await announceAll(
    tx,
    'approval.void',
    await tx.all<ApprovalRow>(
      `UPDATE approvals SET state = 'void' WHERE id = :id AND state = 'pending' RETURNING *`,
      { id },
    ),
  )
}

/** Takes back all that the attempt of a task still asks. */
export async function voidTaskApprovals(tx: Transaction, task: string): Promise<void> {
  await announceAll(
    tx,
    'approval.void',
    await tx.all<ApprovalRow>(
      `UPDATE approvals SET state = 'void' WHERE task = :task AND state = 'pending' RETURNING *`,
      { task },
    ),
  )
}

/** When the first open question expires, or undefined when none does. */
export const nextApprovalExpiry = async (reader: Reader): Promise<number | undefined> =>
  (
    await reader.get<{ at: number | null }>(
      `SELECT min(expires_at) AS at FROM approvals
       WHERE state = 'pending' AND expires_at IS NOT NULL`,
    )
  )?.at ?? undefined

const expiredAtATime = 200

/** Puts on record what expired, a bounded number at a time, and lets their tasks go on; returns how many. */
export async function expireApprovals(tx: Transaction): Promise<number> {
  const expired = await tx.all<ApprovalRow>(
    `UPDATE approvals SET state = 'expired', decided_at = :now
     WHERE id IN (SELECT id FROM approvals
       WHERE state = 'pending' AND expires_at IS NOT NULL AND expires_at <= :now
       ORDER BY expires_at LIMIT :most)
     RETURNING *`,
    { now: tx.now, most: expiredAtATime },
  )
  await announceAll(tx, 'approval.expired', expired)
  for (const row of expired) await goOn(tx, row, { approval: row.id, decision: 'expired' })
  return expired.length
}

/** Lets the task that waits for an answer go on. */
async function goOn(
  tx: Transaction,
  { kind, task }: ApprovalRow,
  data: Record<string, unknown>,
): Promise<void> {
  const waiting = kind === 'question' && task !== null ? await readTask(tx, task) : undefined
  if (waiting?.state === 'waiting') await moveTask(tx, waiting, 'answer', { data })
}

async function announceAll(tx: Transaction, kind: string, rows: ApprovalRow[]): Promise<void> {
  for (const row of rows) await announce(tx, row, kind)
}

/** Puts on record what happened to an approval. */
export const announce = (
  tx: Transaction,
  { id, org, task, subject }: ApprovalRow,
  kind: string,
  data: Record<string, unknown> = {},
): Promise<void> =>
  tx.event({
    kind,
    org,
    subject: id,
    task: task ?? undefined,
    data: { ...data, ...(subject === null ? {} : { about: subject }) },
  })

function noLongerPending(row: ApprovalRow, now: number): HubError {
  const { id, decided_by: by } = row
  const state = stateOf(row, now)
  const why = {
    pending: 'somebody answers it just now',
    approved: `${by} approved it already`,
    denied: `${by} denied it already`,
    expired: 'nobody answered it in time',
    void: 'nobody waits for the answer any more',
  }[state]
  return new HubError('conflict', `approval ${id} is ${state}: ${why}`, {
    hint: 'approval_list shows what is still open.',
    details: { state, ...(by === null ? {} : { decidedBy: by }) },
  })
}
