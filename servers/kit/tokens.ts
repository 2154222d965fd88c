import { hash, randomBytes } from 'node:crypto'
import type { Principal } from '../../schemas/principal.ts'
import type { Tx } from './tx.ts'

export type TokenPurpose = 'access' | 'session' | 'login'

/** Long random credentials need no slow hash: 256 bits cannot be guessed from a digest. */
const digestOf = (token: string): string => hash('sha256', token)

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
