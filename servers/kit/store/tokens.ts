import { hash, randomBytes } from 'node:crypto'
import { Principal } from '../../../schemas/principal.ts'
import type { Page } from '../page.ts'
import { cursorKey, pageOf } from '../page.ts'
import type { Reader, Row, Transaction } from '../sql.ts'

export type TokenPurpose = 'access' | 'session' | 'login'

/** Long random credentials need no slow hash: 256 bits cannot be guessed from a digest. */
export const digestOf = (token: string): string => hash('sha256', token)

type TokenRow = Row & {
  id: string
  principal: string
  label: string
  created_at: number
  expires_at: number | null
}

/** A credential as it is shown; the token itself is nowhere. */
export type Credential = {
  id: string
  principal: Principal
  label: string
  createdAt: number
  expiresAt: number | undefined
}

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

/** Ends the credentials of an attempt that carry a label. */
export async function revokeLabelledTokens(
  tx: Transaction,
  { attempt, label }: { attempt: string; label: string },
): Promise<void> {
  const named = { attempt, label }
  const revoked = await tx.run(
    'DELETE FROM tokens WHERE attempt = :attempt AND label = :label',
    named,
  )
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

/** Who a credential speaks for, or undefined when it is unknown, expired or of another purpose. */
export async function readToken(
  reader: Reader,
  token: string,
  purpose: TokenPurpose,
  now: number,
): Promise<Credential | undefined> {
  const row = await reader.get<TokenRow>(
    'SELECT * FROM tokens WHERE digest = :digest AND purpose = :purpose',
    { digest: digestOf(token), purpose },
  )
  if (!row || (row.expires_at !== null && row.expires_at <= now)) return undefined
  return toCredential(row)
}

/** Live credentials but for those of attempts and pods, which die with them, and login links. */
export async function listTokens(
  reader: Reader,
  now: number,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<Page<Credential>> {
  const rows = await reader.all<TokenRow>(
    `SELECT * FROM tokens
     WHERE attempt IS NULL AND pod IS NULL AND purpose <> 'login'
       AND (expires_at IS NULL OR expires_at > :now) AND id > :after ORDER BY id LIMIT :rows`,
    { now, after: cursorKey(cursor, ''), rows: limit + 1 },
  )
  return pageOf(rows, limit, toCredential, ({ id }) => id)
}

/** Whether somebody has a credential of these roles and orgs that has not ended, beside those of attempts and pods. */
export async function hasCredential(
  reader: Reader,
  principal: Principal,
  now: number,
): Promise<boolean> {
  const named = await readNamed(reader, principal.id, now)
  return named.some((has) => isSame(has, principal))
}

/** Somebody else of this name: who has other roles or orgs and a credential that has not ended. */
export async function readNamesake(
  reader: Reader,
  principal: Principal,
  now: number,
): Promise<Principal | undefined> {
  const named = await readNamed(reader, principal.id, now)
  return named.find((has) => !isSame(has, principal))
}

/** Whether a person or a script acts under a name, so that nobody else may. */
export const isCredentialName = async (
  reader: Reader,
  name: string,
  now: number,
): Promise<boolean> => (await readNamed(reader, name, now)).length > 0

/** Who may act under a name, beside attempts and pods. */
async function readNamed(reader: Reader, id: string, now: number): Promise<Principal[]> {
  const rows = await reader.all<{ principal: string }>(
    `SELECT principal FROM tokens
     WHERE attempt IS NULL AND pod IS NULL AND purpose <> 'login'
       AND (expires_at IS NULL OR expires_at > :now) AND principal LIKE :named LIMIT 1000`,
    { now, named: `%${JSON.stringify(id)}%` },
  )
  return rows
    .map((row) => Principal.parse(JSON.parse(row.principal)))
    .filter((principal) => principal.id === id)
}

const isSame = (a: Principal, b: Principal): boolean => {
  const facts = ({ kind, id, roles, orgs }: Principal) => JSON.stringify([kind, id, roles, orgs])
  return facts(a) === facts(b)
}

/** Ends a credential at once; false when there is none. */
export async function revokeToken(tx: Transaction, id: string): Promise<boolean> {
  tx.wake('tokens')
  return (await tx.run('DELETE FROM tokens WHERE id = :id', { id })) > 0
}

/** Has a credential that was to end stay until it is revoked. */
export async function keepToken(tx: Transaction, id: string): Promise<void> {
  await tx.run('UPDATE tokens SET expires_at = NULL WHERE id = :id', { id })
  tx.wake('tokens')
}

const toCredential = (row: TokenRow): Credential => ({
  id: row.id,
  principal: Principal.parse(JSON.parse(row.principal)),
  label: row.label,
  createdAt: row.created_at,
  expiresAt: row.expires_at ?? undefined,
})
