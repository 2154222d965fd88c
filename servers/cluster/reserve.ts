import { z } from 'zod'
import { defineTool } from '../kit/tool.ts'
import { agentClusters, findPlaceable } from './explain.ts'
import { wantedGpus } from './offer.ts'
import { askedWith, readOffers } from './placement.ts'
import { requestOf } from './request.ts'
import { isOfUse, prospectsOf, soonest } from './reservation.ts'
import { readOccupied } from './store/occupied.ts'
import { dropReservation, keepReservation, listLiveOn } from './store/reservations.ts'
import { nodeKey } from './warm.ts'

export const nodeReserve = defineTool({
  name: 'node_reserve',
  title: 'Keep a node for a task',
  description:
    'Keeps the node on which a queued task that fits nowhere would fit soonest, so that smaller work does not take the room that becomes free there; it ends when the task has its pod. Called by the dispatcher; placement_explain shows what is held.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: { task: z.string().max(60).describe('The task') },
  output: z.object({
    cluster: z.string().optional().describe('Where room is kept, if anywhere'),
    node: z.string().optional(),
  }),
  run: async ({ task }, ctx) => {
    const asked = await findPlaceable(ctx, task)
    const { drivers } = await agentClusters(ctx, asked)
    const { nodes } = await readOffers(drivers)
    const request = await requestOf(ctx, asked)
    // The dispatcher alone keeps nodes, one after the other. To find one kept as it was leaves no row.
    const occupied = await readOccupied(ctx.reader, asked.org, request.countsUse)
    const { promised, held = [] } = occupied
    const wanted = { ...askedWith(request, occupied), task }
    const own = held.find((one) => one.task === task)
    const at = own && nodes.find((one) => nodeKey(one) === nodeKey(own))
    if (own && at && isOfUse(at, wanted, promised.on(at.cluster, at.node)))
      return { cluster: own.cluster, node: own.node }
    const prospects = prospectsOf(nodes, occupied, wanted)
    const live = await listLiveOn(
      ctx.reader,
      prospects.map((prospect) => prospect.node),
    )
    const best = soonest(prospects, (place) =>
      live.flatMap(({ load, ...on }) => (nodeKey(on) === nodeKey(place) ? [load] : [])),
    )?.node
    if (!best && !own) return {}
    return ctx.transaction(async (tx) => {
      tx.about(task)
      if (!best) {
        await dropReservation(tx, task)
        return {}
      }
      const { cluster, node } = best
      const gpus = wantedGpus(asked.resources, asked.needs, best)
      const resources = gpus > 0 ? { ...asked.resources, gpus } : asked.resources
      await keepReservation(tx, { cluster, node, task, org: asked.org, resources })
      return { cluster, node }
    })
  },
})
