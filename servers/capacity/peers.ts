import { HubError } from '../../schemas/errors.ts'
import type { Placeable } from '../kit/carriers.ts'
import type { Context } from '../kit/context.ts'

/** Whether one pod fits at each peer that the caller may use; one that is slow or gone says so. */
export async function readPeers(
  ctx: Context,
  asked: Placeable,
): Promise<{ name: string; fits: boolean; reasons: string[] }[]> {
  // A peer asks about this hub alone: passed on, its question would go in circles.
  if (ctx.principal.kind === 'hub') return []
  const upstreams = ctx.config.file.orgs[asked.org]?.upstreams ?? []
  const names = (await ctx.carriers.peerNames()).filter((peer) =>
    ctx.may('peer.use', { peer, granted: upstreams.includes(peer), submitter: undefined }),
  )
  return Promise.all(
    names.map(async (name) => {
      try {
        const { fits, reasons } = await ctx.carriers.peer(name, asked)
        return { name, fits, reasons: reasons.slice(0, 3) }
      } catch (error) {
        if (!(error instanceof HubError)) throw error
        return { name, fits: false, reasons: [error.message] }
      }
    }),
  )
}
