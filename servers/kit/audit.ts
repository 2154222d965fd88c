import { hash } from 'node:crypto'
import { hidden, secretName } from './redact.ts'

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

/** The last link of a chain, or the one that it goes on from. */
export type Head = { seq: number; hash: string }

export const genesis: Head = { seq: 0, hash: '0'.repeat(64) }

/** SHA-256 over the previous hash and every field of the row, as one JSON array. */
export function linkHash(prev: string, seq: number, entry: AuditEntry): string {
  const { at, org, principal, tool, outcome, subject, args, requestId } = entry
  const link = [prev, seq, at, org, principal, tool, outcome, subject ?? null, args, requestId]
  return hash('sha256', JSON.stringify(link))
}

const shownChars = 160

/** The arguments as the audit keeps them: long strings and lists shortened, secrets never. */
export function auditArgs(args: unknown): string {
  // Nearly every call: what is short as a whole has no long part, and needs no look at each.
  const whole = JSON.stringify(args)
  if (whole === undefined) return '{}'
  if (whole.length <= shownChars && !secretName.test(whole)) return whole
  const text = JSON.stringify(args, (key, value: unknown) => {
    if (secretName.test(key) && typeof value === 'string') return hidden
    if (typeof value === 'string' && value.length > shownChars) {
      return `${value.slice(0, shownChars)}… (${value.length} characters)`
    }
    if (Array.isArray(value) && value.length > 20) return `[${value.length} items]`
    return value
  })
  return text.length > 2000 ? `${text.slice(0, 2000)}…` : text
}
