import { hash } from 'node:crypto'
import type Database from 'better-sqlite3'
import type { AuditRow } from '../../schemas/audit.ts'
import type { Row, SqlValue } from './tx.ts'
import type { Statements } from './tx.ts'

export type AuditEntry = {
  at: number
  org: string
  principal: string
  tool: string
  outcome: string
  subject?: string | undefined
  args: string
  requestId: string
}

type Head = { seq: number; hash: string }

export const genesis: Head = { seq: 0, hash: '0'.repeat(64) }

/** Writes the next link of the chain inside the caller's transaction and returns the new head. */
export function appendAudit(statements: Statements, head: Head, entry: AuditEntry): Head {
  const seq = head.seq + 1
  const digest = linkHash(head.hash, seq, entry)
  statements.run(
    `INSERT INTO audit (seq, at, org, principal, tool, outcome, subject, args, request_id, prev, hash)
     VALUES (:seq, :at, :org, :principal, :tool, :outcome, :subject, :args, :requestId, :prev, :hash)`,
    { ...entry, subject: entry.subject ?? null, seq, prev: head.hash, hash: digest },
  )
  return { seq, hash: digest }
}

export function lastAudit(db: Database.Database): Head {
  const row = db.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get()
  return (row as Head | undefined) ?? genesis // The columns are those of Head.
}

/** SHA-256 over the previous hash and every field of the row, as one JSON array. */
export function linkHash(prev: string, seq: number, entry: AuditEntry): string {
  const { at, org, principal, tool, outcome, subject, args, requestId } = entry
  const link = [prev, seq, at, org, principal, tool, outcome, subject ?? null, args, requestId]
  return hash('sha256', JSON.stringify(link))
}

const shownChars = 160

/** The arguments as the audit keeps them: long strings and lists shortened, secrets never. */
export function auditArgs(args: unknown): string {
  const text = JSON.stringify(args, (key, value: unknown) => {
    if (/token|secret|password|api_?key|^invitation$/i.test(key) && typeof value === 'string')
      return '[hidden]'
    if (typeof value === 'string' && value.length > shownChars) {
      return `${value.slice(0, shownChars)}… (${value.length} characters)`
    }
    if (Array.isArray(value) && value.length > 20) return `[${value.length} items]`
    return value
  })
  return text === undefined ? '{}' : text.length > 2000 ? `${text.slice(0, 2000)}…` : text
}

export type AuditSqlRow = Row & {
  seq: number
  at: number
  org: string
  principal: string
  tool: string
  outcome: string
  subject: string | null
  args: string
  request_id: string
  prev: string
  hash: string
} & Record<string, SqlValue>

export const auditRow = (row: AuditSqlRow): AuditRow => ({
  seq: row.seq,
  at: row.at,
  org: row.org,
  principal: row.principal,
  tool: row.tool,
  outcome: row.outcome,
  ...(row.subject === null ? {} : { subject: row.subject }),
  args: row.args,
  requestId: row.request_id,
  prev: row.prev,
  hash: row.hash,
})
