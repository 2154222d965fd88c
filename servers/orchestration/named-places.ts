import { HubError } from '../../schemas/errors.ts'
import { nearest } from '../../schemas/nearest.ts'
import type { Requirements } from '../../schemas/task.ts'
import type { Context } from '../kit/context.ts'

/**
 * Refuses a task for a peer or a cluster that is none, or whose repository on the peer is not named. One
 * that is away is waited for; one that never was is a slip, and the work would go elsewhere.
 */
export async function checkPlaces(
  ctx: Context,
  { hub, hubRepo, cluster }: Requirements,
  repo: string | undefined,
): Promise<void> {
  if (hub === undefined) {
    if (cluster !== undefined) ctx.clusters.get(cluster)
    return
  }
  assertPeer(hub, await ctx.carriers.peerNames())
  if (repo !== undefined && hubRepo === undefined)
    throw new HubError('invalid', `${hub} does not know the repository ${repo} by its path here`, {
      hint: 'Pass `requirements.hubRepo`, the path of the same repository on its machine.',
    })
}

function assertPeer(name: string, peers: string[]): void {
  if (peers.includes(name)) return
  const close = nearest(name, peers)
  throw new HubError('not_found', `there is no peer ${JSON.stringify(name)}`, {
    hint: close ? `Did you mean ${close}?` : 'peer_list shows them.',
  })
}
