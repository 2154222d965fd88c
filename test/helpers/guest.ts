import type { HubClient } from '../../agent/hub-client.ts'
import type { TestHub } from './hub.ts'

/** A client that has an invitation and nothing else: no tool of a server is in its scope. */
export async function guestOf({ call, client }: TestHub): Promise<HubClient> {
  const { invitation } = await call<{ invitation: string }>('peer_invite')
  const token = invitation.split('#peer.')[1]
  if (token === undefined) throw new Error('the invitation has no token')
  return client.withToken(token)
}
