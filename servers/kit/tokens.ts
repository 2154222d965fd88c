import { hash, randomBytes } from 'node:crypto'
import { Principal } from '../../schemas/principal.ts'
import type { Store } from './store.ts'
import type { Row, Tx } from './tx.ts'

export type TokenPurpose = 'access' | 'session' | 'login'

/** Long random credentials need no slow hash: 256 bits cannot be guessed from a digest. */
export const digestOf = (token: string): string => hash('sha256', token)

/** Stores a new credential and returns its only readable copy. */
export function mintToken(
  tx: Tx,
  options: {
    id: string
    purpose: TokenPurpose
    principal: Principal
    label: string
    attempt?: string
    pod?: string
    expiresAt?: number
  },
): string {
  const token = `sy_${randomBytes(32).toString('base64url')}`
  const { id, purpose, principal, label, attempt, pod, expiresAt } = options
  tx.run(
    `INSERT INTO tokens (id, digest, purpose, principal, label, attempt, pod, created_at, expires_at)
     VALUES (:id, :digest, :purpose, :principal, :label, :attempt, :pod, :at, :expiresAt)`,
    {
      id,
      digest: digestOf(token),
      purpose,
      principal: JSON.stringify(principal),
      label,
      attempt: attempt ?? null,
      pod: pod ?? null,
      at: tx.now,
      expiresAt: expiresAt ?? null,
    },
  )
  return token
}

export const revokePodTokens = (tx: Tx, pod: string): void => {
  if (tx.run('DELETE FROM tokens WHERE pod = :pod', { pod }) > 0) tx.wake('tokens')
}

/** Who a credential speaks for, or undefined when it is unknown, expired or of another purpose. */
export function readToken(
  store: Store,
  token: string,
  purpose: TokenPurpose,
  now: number,
): { id: string; principal: Principal; expiresAt: number | null } | undefined {
  const row = store.get<Row & { id: string; principal: string; expires_at: number | null }>(
    `SELECT id, principal, expires_at FROM tokens WHERE digest = :digest AND purpose = :purpose`,
    { digest: digestOf(token), purpose },
  )
  if (!row || (row.expires_at !== null && row.expires_at <= now)) return undefined
  const principal = Principal.parse(JSON.parse(row.principal))
  return { id: row.id, principal, expiresAt: row.expires_at }
}
