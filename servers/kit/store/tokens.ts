import { randomBytes } from 'node:crypto'
import type { Principal } from '../../../schemas/principal.ts'
import type { Transaction } from '../sql.ts'
import type { TokenPurpose } from '../tokens.ts'
import { digestOf } from '../tokens.ts'

/** Stores a new credential and returns its only readable copy. */
export async function mintToken(
  tx: Transaction,
  options: {
    id: string
    purpose: TokenPurpose
    principal: Principal
    label: string
    attempt?: string
    pod?: string
    expiresAt?: number
  },
): Promise<string> {
  const token = `sy_${randomBytes(32).toString('base64url')}`
  const { id, purpose, principal, label, attempt, pod, expiresAt } = options
  await tx.run(
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

export async function revokeAttemptTokens(tx: Transaction, attempt: string): Promise<void> {
  const revoked = await tx.run('DELETE FROM tokens WHERE attempt = :attempt', { attempt })
  if (revoked > 0) tx.wake('tokens')
}

/** Has the credentials of an attempt end by themselves at an instant. */
export async function expireAttemptTokens(
  tx: Transaction,
  attempt: string,
  expiresAt: number,
): Promise<void> {
  await tx.run('UPDATE tokens SET expires_at = :expiresAt WHERE attempt = :attempt', {
    attempt,
    expiresAt,
  })
  tx.wake('tokens')
}

export async function revokePodTokens(tx: Transaction, pod: string): Promise<void> {
  if ((await tx.run('DELETE FROM tokens WHERE pod = :pod', { pod })) > 0) tx.wake('tokens')
}
