import { z } from 'zod'
import { HubClient } from '../../agent/hub-client.ts'
import { HubError } from '../../schemas/errors.ts'
import { PeerName, PeerRole } from '../../schemas/peer.ts'
import type { MeshNode, Principal } from '../../schemas/principal.ts'
import type { Context } from '../../servers/kit/context.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import { keepToken, mintToken, readToken, revokeToken } from '../../servers/kit/store/tokens.ts'
import type { MeshIdentity } from '../auth/mesh-identity.ts'
import type { Seal } from '../auth/seal.ts'
import { isLoopback, openInvitation, reachable, writeInvitation } from './invitation.ts'
import { keepInvitation, takeInvitation } from './store/invitations.ts'
import type { Grant } from './store/peers.ts'
import { keepPeer, readPeers, sealedFor } from './store/peers.ts'

const invitedMs = 10 * 60_000
const patienceMs = 15_000

const Granted = z.object({ role: PeerRole, orgs: z.array(z.string()) })

/** What the inviting hub answers: a credential for the one that joined. */
export const Admission = Granted.extend({ token: z.string() })
type Admission = z.infer<typeof Admission>

export const Joined = z.object({
  name: PeerName,
  url: z.string(),
  granted: Granted.describe('What this hub may do there'),
  mutual: z.boolean().describe('Whether the other hub may do something here as well'),
})
type Joined = z.infer<typeof Joined>

/** Makes an invitation: a credential that is good for joining, once. */
export function invite(
  ctx: Context,
  grant: Grant & { mutual: boolean; url: string },
): Promise<{ invitation: string; expiresAt: number; note?: string }> {
  const { role, orgs, mutual } = grant
  const url = reachable(grant.url)
  const { hostname } = new URL(url)
  const note = `only hubs on this machine can use it: ${hostname} is no address for others. For those, name one with url: https, or in the mesh.`
  const id = ctx.id('token')
  const principal: Principal = { kind: 'hub', id: `invitation:${id}`, roles: ['guest'], orgs: [] }
  return ctx.transaction(async (tx) => {
    tx.about(id)
    const expiresAt = tx.now + invitedMs
    const label = 'peer invitation'
    const token = await mintToken(tx, { id, purpose: 'access', principal, label, expiresAt })
    await keepInvitation(tx, id, { role, orgs, mutual, expiresAt })
    return {
      invitation: writeInvitation({ url, token, mutual }),
      expiresAt,
      ...(isLoopback(hostname) ? { note } : {}),
    }
  })
}

/** The joining side. What it grants in return holds for a minute, until the other has answered. */
export async function join(
  ctx: Context,
  { seal, mesh }: { seal: Seal; mesh: MeshIdentity },
  how: Grant & { invitation: string; name: string; as: string; url: string },
): Promise<Joined> {
  const { url, token, mutual } = openInvitation(how.invitation)
  const { name, as, role, orgs } = how
  if (mutual && isLoopback(new URL(how.url).hostname) && !isLoopback(new URL(url).hostname))
    throw new HubError('invalid', `${how.url} is no address by which ${url} reaches this hub`, {
      hint: 'The invitation is mutual: name this hub with `url`, https or its address in the mesh.',
    })
  await assertOfAnother(ctx, token)
  await assertFree(ctx, name, 'Choose another `name`, or remove that peer with peer_remove.')
  const tokenId = ctx.id('token')
  const node = await mesh.nodeToBind(new URL(url).hostname)
  const granted = { role, orgs, tokenId, node }
  const back = mutual
    ? {
        url: reachable(how.url),
        token: await ctx.transaction((tx) => mintFor(tx, name, granted, tx.now + 60_000)),
      }
    : {}
  const { token: theirs, ...here } = await askToJoin({ url, token }, { name: as, ...back }).catch(
    async (error: unknown) => {
      await ctx.transaction((tx) => revokeToken(tx, tokenId))
      throw error
    },
  )
  await ctx.transaction(async (tx) => {
    await keepToken(tx, tokenId)
    const reached = { url, sealed: sealedFor(seal, name, url, theirs) }
    await keepPeer(tx, name, {
      called: reached,
      ...(mutual ? { calls: granted } : {}),
    })
    await announce(tx, ctx, name)
  })
  return { name, url, granted: here, mutual }
}

async function askToJoin(
  at: { url: string; token: string },
  who: { name: string; url?: string; token?: string },
): Promise<Admission> {
  const joining = new HubClient(at).call<unknown>('peer_join', who, { timeoutMs: patienceMs })
  const answer = await joining.catch((cause: unknown) => {
    if (!(cause instanceof HubError)) throw cause
    if (cause.code === 'unavailable')
      throw new HubError('unavailable', cause.message, {
        hint: 'Nothing was kept here. If peer_list shows this hub there, its owner ends that with peer_remove; the invitation is used up then.',
        cause,
      })
    if (cause.code !== 'unauthenticated') throw cause
    throw new HubError('denied', `the invitation of ${at.url} was used, or has expired`, {
      hint: 'It is good once, within ten minutes: ask the owner of that hub for a new one, by peer_invite.',
      cause,
    })
  })
  const admission = Admission.safeParse(answer)
  if (admission.success) return admission.data
  throw new HubError(
    'unavailable',
    `what answers at ${at.url} is no hub of a version that can be joined`,
  )
}

/** The inviting side, in one transaction: the invitation is used up, or nothing has happened. */
export function admit(
  ctx: Context,
  seal: Seal,
  who: { name: string; url?: string | undefined; token?: string | undefined },
): Promise<Admission> {
  const invited = ctx.principal.id.replace(/^invitation:/, '')
  const tokenId = ctx.id('token')
  return ctx.transaction(async (tx) => {
    const found = await takeInvitation(tx, invited)
    if (!found) throw new HubError('denied', 'this invitation was used before')
    await assertFree(ctx, who.name, 'Join under another name with `as`.')
    await revokeToken(tx, invited)
    const { mutual, ...grant } = found
    const calls = { ...grant, tokenId, node: ctx.principal.node }
    const { url, token } = who
    const called =
      mutual && url !== undefined && token !== undefined
        ? {
            called: {
              url: reachable(url),
              sealed: sealedFor(seal, who.name, reachable(url), token),
            },
          }
        : {}
    await keepPeer(tx, who.name, { ...called, calls })
    await announce(tx, ctx, who.name)
    return { token: await mintFor(tx, who.name, calls), ...grant }
  })
}

/** A hub that joined itself would keep half a peer. */
async function assertOfAnother(ctx: Context, token: string): Promise<void> {
  if (!(await readToken(ctx.reader, token, 'access', ctx.now()))) return
  throw new HubError('invalid', 'this hub made the invitation itself', {
    hint: 'Hand it to the owner of the other hub, who calls peer_add there; or ask them for one by peer_invite.',
  })
}

/** Servers and peers share one space of names, since both are the prefix of their tools. */
async function assertFree(ctx: Context, name: string, hint: string): Promise<void> {
  const isServer = Object.hasOwn(ctx.config.file.mcpServers, name)
  if (!isServer && !(await readPeers(ctx.reader)).some((peer) => peer.name === name)) return
  throw new HubError('conflict', `there is a server or peer ${name} already`, { hint })
}

/** A peer's credential here. From a mesh it is good for the machine that it was made for alone. */
function mintFor(
  tx: Transaction,
  peer: string,
  { tokenId: id, role, orgs, node }: Grant & { tokenId: string; node: MeshNode | undefined },
  expiresAt?: number,
): Promise<string> {
  const principal: Principal = {
    ...{ kind: 'hub', id: `hub:${peer}`, roles: [role], orgs },
    ...(node ? { node } : {}),
  }
  const expires = expiresAt === undefined ? {} : { expiresAt }
  return mintToken(tx, { id, purpose: 'access', principal, label: `peer ${peer}`, ...expires })
}

async function announce(tx: Transaction, ctx: Context, name: string): Promise<void> {
  tx.about(name)
  await tx.event({ kind: 'peer.joined', org: ctx.principal.orgs[0] ?? '*', subject: name })
}
