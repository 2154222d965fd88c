import type { PeerRole } from '../../../schemas/peer.ts'
import type { Row, Transaction } from '../../../servers/kit/sql.ts'

/** What an invitation grants, by the credential that it is. */
export type Invited = { role: PeerRole; orgs: string[]; mutual: boolean }

type InvitationRow = Row & { role: PeerRole; orgs: string; mutual: number }

/** Keeps what an invitation grants until it is used, and forgets those whose time is over. */
export async function keepInvitation(
  tx: Transaction,
  tokenId: string,
  { role, orgs, mutual, expiresAt }: Invited & { expiresAt: number },
): Promise<void> {
  await tx.run('DELETE FROM peer_invitations WHERE expires_at < :now', { now: tx.now })
  await tx.insert('peer_invitations', {
    token_id: tokenId,
    role,
    orgs: JSON.stringify(orgs),
    mutual: mutual ? 1 : 0,
    expires_at: expiresAt,
  })
}

/** Uses an invitation up; undefined when it was used before. */
export async function takeInvitation(
  tx: Transaction,
  tokenId: string,
): Promise<Invited | undefined> {
  const [row] = await tx.all<InvitationRow>(
    'DELETE FROM peer_invitations WHERE token_id = :tokenId RETURNING *',
    { tokenId },
  )
  if (!row) return undefined
  return { role: row.role, orgs: JSON.parse(row.orgs) as string[], mutual: row.mutual === 1 } // Written above.
}
