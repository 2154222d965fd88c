import { z } from 'zod'
import { Capacity } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Peer } from '../../schemas/peer.ts'
import { AccessRefused } from '../upstreams/refused.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'
import { askPeer } from './peer-calls.ts'
import type { PeerRow } from './store/peers.ts'

const patienceMs = 3000

const Answer = z.object({ capacity: Capacity, room: z.int() })

/** How the peers are doing, all asked at once. One that is slow or gone is degraded, without its capacity. */
export async function readPeerStates(rows: PeerRow[], upstreams: Upstreams): Promise<Peer[]> {
  const states = new Map(upstreams.states().map((state) => [state.name, state]))
  return Promise.all(
    rows.map(async (row) => {
      const state = row.url === null ? undefined : states.get(row.name)
      const link = state?.state === 'ready' ? upstreams.link(row.name) : undefined
      return {
        name: row.name,
        ...(row.url === null ? {} : { url: row.url }),
        state: row.url === null ? 'calls_only' : (state?.state ?? 'disabled'),
        ...(state?.reason === undefined ? {} : { reason: state.reason }),
        tools: state?.tools ?? 0,
        ...(row.role === null
          ? {}
          : { granted: { role: row.role, orgs: JSON.parse(row.orgs) as string[] } }), // Written by us.
        ...(link ? await capacityOf(link) : {}),
        joinedAt: row.joined_at,
        ...(row.machine === null ? {} : { machine: row.machine }),
      }
    }),
  )
}

const tool = 'capacity_read'

async function capacityOf(link: UpstreamLink): Promise<Partial<Peer>> {
  try {
    const answer = Answer.safeParse(await askPeer(link, tool, {}, { timeoutMs: patienceMs }))
    return answer.success ? answer.data : { reason: 'it does not say what its machine has' }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // One that went away since it was last called is found out only by calling it.
    const isAway =
      error instanceof AccessRefused || (error instanceof HubError && error.code === 'unavailable')
    return { reason, ...(isAway ? { state: 'degraded' } : {}) }
  }
}
