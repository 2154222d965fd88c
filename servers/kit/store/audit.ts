import { setImmediate } from 'node:timers/promises'
import type { AuditRow } from '../../../schemas/audit.ts'
import type { AuditEntry, Head } from '../audit.ts'
import { genesis, linkHash } from '../audit.ts'
import type { Reader, Row, SqlValue, Transaction } from '../sql.ts'
import { anyOf } from '../sql.ts'
import type { Statements } from '../statements.ts'

// Owns the tables `audit` and `audit_checkpoints`. A row carries the digest of its link of the chain;
// a checkpoint carries the one that the chain goes on from after old rows were dropped.

/** Writes the next links of the chain inside the caller's transaction and returns the new head. */
export function appendAudit(statements: Statements, head: Head, entries: AuditEntry[]): Head {
  let { seq, hash } = head
  for (let next = 0; next < entries.length;) {
    const rows = entries.length - next < many ? 1 : many
    const values: SqlValue[] = []
    for (const entry of entries.slice(next, next + rows)) {
      const { at, org, principal, tool, outcome, subject = null, args, requestId } = entry
      hash = linkHash(hash, ++seq, entry)
      values.push(seq, at, org, principal, tool, outcome, subject, args, requestId)
      values.push(Buffer.from(hash, 'hex'))
    }
    statements.run(rows === 1 ? insertOne : insertMany, values)
    next += rows
  }
  return { seq, hash }
}

// Every relayed call writes such a row. Values by their place, and several rows in one statement, take
// two thirds of the time that one by one with named values does.
const many = 8
const insertOf = (rows: number) =>
  `INSERT INTO audit (seq, at, org, principal, tool, outcome, subject, args, request_id, hash)
   VALUES ${Array.from({ length: rows }, () => '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join()}`
const [insertOne, insertMany] = [insertOf(1), insertOf(many)]

/** The link that the next one is written after. */
export function lastAudit(statements: Statements): Head {
  const row = statements.get<HeadRow>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1', {})
  return row ? toHead(row) : genesis
}

/** Rows from the newest down; `orgs` undefined is all of them. */
export async function listAudit(
  reader: Reader,
  filter: {
    before: number
    /** Rows up to this one are not looked at. */
    after?: number
    count: number
    subject: string | undefined
    principal: string | undefined
    tool: string | undefined
    outcome: string | undefined
    /** Tools whose calls are left out. */
    but: string[]
    orgs: string[] | undefined
  },
): Promise<AuditRow[]> {
  const { before, after, count, orgs, but, ...equal } = filter
  const given = Object.entries(equal).flatMap(([column, value]) =>
    value === undefined ? [] : [[column, value] as const],
  )
  const conditions = [
    'seq < :before',
    'seq > coalesce((SELECT max(seq) FROM audit_checkpoints), 0)',
    ...(after === undefined ? [] : ['seq > :after']),
    ...given.map(([column]) => `${column} = :${column}`),
    ...(but.length === 0 ? [] : [`NOT (tool ${anyOf('but')})`]),
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
  ]
  const rows = await reader.all<AuditSqlRow>(
    `SELECT * FROM audit WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT :count`,
    {
      before,
      count,
      ...Object.fromEntries(given),
      ...(after === undefined ? {} : { after }),
      ...(but.length === 0 ? {} : { but: JSON.stringify(but) }),
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
  return rows.map(toAudit)
}

/** Numbers of the first and the last row that are kept; both 0 where there is none. */
export async function auditSpan(reader: Reader): Promise<{ first: number; last: number }> {
  const row = await reader.get<{ first: number | null; last: number | null }>(
    `SELECT coalesce((SELECT max(seq) FROM audit_checkpoints), 0) + 1 AS first,
            (SELECT max(seq) FROM audit) AS last`,
  )
  return { first: row?.first ?? 0, last: row?.last ?? 0 }
}

export type Checkpoint = Head & { dropped: number; recordedSeq: number }

/** Where the chain begins now, when rows were dropped from it. */
export async function readCheckpoint(reader: Reader): Promise<Checkpoint | undefined> {
  const row = await reader.get<HeadRow & { dropped: number; recorded_seq: number }>(
    'SELECT * FROM audit_checkpoints ORDER BY seq DESC LIMIT 1',
  )
  return row && { ...toHead(row), dropped: row.dropped, recordedSeq: row.recorded_seq }
}

export type Verdict = {
  intact: boolean
  /** Rows whose link was recomputed. */
  rows: number
  head: string
  brokenAt?: number
  checkpoint?: { seq: number; dropped: number }
}

const batch = 1000

/** Recomputes every link from the checkpoint on, and lets other calls run in between. */
export async function verifyAudit(reader: Reader): Promise<Verdict> {
  const checkpoint = await readCheckpoint(reader)
  const begin = checkpoint ?? genesis
  const shown = checkpoint && { seq: checkpoint.seq, dropped: checkpoint.dropped }
  let { seq, hash } = begin
  let isRecorded = checkpoint === undefined
  const verdict = (brokenAt?: number): Verdict => ({
    intact: brokenAt === undefined,
    rows: seq - begin.seq,
    head: hash,
    ...(brokenAt === undefined ? {} : { brokenAt }),
    ...(shown ? { checkpoint: shown } : {}),
  })
  for (;;) {
    const rows = await reader.all<AuditSqlRow>(
      'SELECT * FROM audit WHERE seq > :seq ORDER BY seq LIMIT :batch',
      { seq, batch },
    )
    for (const row of rows) {
      const entry = toAudit(row)
      if (entry.seq !== seq + 1 || linkHash(hash, entry.seq, entry) !== entry.hash)
        return verdict(entry.seq)
      if (checkpoint?.recordedSeq === entry.seq)
        isRecorded = entry.tool === checkpointTool && entry.args === checkpointArgs(checkpoint)
      ;({ seq, hash } = entry)
    }
    if (rows.length < batch) break
    await setImmediate()
  }
  // Rows before a checkpoint that no row vouches for were not dropped by the hub.
  return isRecorded ? verdict() : verdict(begin.seq)
}

/** The last of the `count` rows after `after` that are older than `before`, without a younger one between. */
export async function lastAuditBefore(
  reader: Reader,
  { before, after, count }: { before: number; after: number; count: number },
): Promise<Head | undefined> {
  const rows = await reader.all<HeadRow & { at: number }>(
    'SELECT seq, at, hash FROM audit WHERE seq > :after ORDER BY seq LIMIT :count',
    { after, count },
  )
  const younger = rows.findIndex(({ at }) => at >= before)
  const last = younger < 0 ? rows.at(-1) : rows[younger - 1]
  return last && toHead(last)
}

/** The name under which a checkpoint is in the chain. */
export const checkpointTool = 'audit_checkpoint'

export const checkpointArgs = ({ seq, hash, dropped }: Omit<Checkpoint, 'recordedSeq'>): string =>
  JSON.stringify({ seq, hash, dropped })

/** Lets the chain begin after a row. Its audit row, which the caller gives the transaction, says the same. */
export async function saveCheckpoint(
  tx: Transaction,
  { seq, hash, dropped }: Omit<Checkpoint, 'recordedSeq'>,
): Promise<void> {
  const last = await tx.get<{ seq: number }>('SELECT max(seq) AS seq FROM audit')
  await tx.run('DELETE FROM audit_checkpoints')
  await tx.insert('audit_checkpoints', {
    seq,
    hash: Buffer.from(hash, 'hex'),
    dropped,
    recorded_seq: (last?.seq ?? 0) + 1, // The row of this transaction comes next.
  })
}

/** Removes some rows that a checkpoint covers, the oldest first, and returns how many. */
export function dropAudit(tx: Transaction, count: number): Promise<number> {
  return tx.run(
    `DELETE FROM audit WHERE seq IN (
       SELECT seq FROM audit WHERE seq <= coalesce((SELECT max(seq) FROM audit_checkpoints), 0)
       ORDER BY seq LIMIT :count)`,
    { count },
  )
}

type HeadRow = Row & { seq: number; hash: Uint8Array }

type AuditSqlRow = HeadRow & {
  at: number
  org: string
  principal: string
  tool: string
  outcome: string
  subject: string | null
  args: string
  request_id: string
}

const toHead = ({ seq, hash }: HeadRow): Head => ({ seq, hash: Buffer.from(hash).toString('hex') })

const toAudit = (row: AuditSqlRow): AuditRow => ({
  ...toHead(row),
  at: row.at,
  org: row.org,
  principal: row.principal,
  tool: row.tool,
  outcome: row.outcome,
  ...(row.subject === null ? {} : { subject: row.subject }),
  args: row.args,
  requestId: row.request_id,
})
