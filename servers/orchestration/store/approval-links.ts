import { randomBytes } from 'node:crypto'
import { Principal } from '../../../schemas/principal.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { digestOf } from '../../kit/store/tokens.ts'

type LinkRow = Row & { approval: string; principal: string; expires_at: number }

/** What a link leads to, and under whose authority it answers. */
export type ApprovalLink = { approval: string; principal: Principal; expiresAt: number }

/** Makes the token of a link and returns its only readable copy; links whose time is over are forgotten. */
export async function mintLink(tx: Transaction, link: ApprovalLink): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await tx.run('DELETE FROM approval_links WHERE expires_at <= :now', { now: tx.now })
  await tx.insert('approval_links', {
    digest: digestOf(token),
    approval: link.approval,
    principal: JSON.stringify(link.principal),
    created_at: tx.now,
    expires_at: link.expiresAt,
  })
  return token
}

/** The link of a token, unless its time is over. Its approval is answered once, so the link is too. */
export async function readLink(
  reader: Reader,
  token: string,
  now: number,
): Promise<ApprovalLink | undefined> {
  const row = await reader.get<LinkRow>(
    'SELECT * FROM approval_links WHERE digest = :digest AND expires_at > :now',
    { digest: digestOf(token), now },
  )
  return (
    row && {
      approval: row.approval,
      principal: Principal.parse(JSON.parse(row.principal)),
      expiresAt: row.expires_at,
    }
  )
}
