import type { Capacity, PlacementCandidate } from '../../schemas/cluster.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import type { Context } from '../kit/context.ts'
import { ownRunner } from '../kit/needs.ts'
import { HeldRoom } from './held-room.ts'
import type { Over, QuotaUse } from './quota-rules.ts'
import type { PlacementRequest } from './offer.ts'
import { rankNode, rateNode } from './rating.ts'
import type { Occupied } from './store/occupied.ts'

/** What is asked of nodes, but for what lives at the moment of the decision. */
type Request = Omit<PlacementRequest, 'quota' | 'over'> & {
  org: string
  task?: string | undefined
  limit: number
  over?(use: QuotaUse): Over
}

/** What the nodes of some clusters offer; a cluster that does not answer is a candidate that fits nothing. */
export type Offers = { nodes: Capacity[]; silent: PlacementCandidate[] }

export async function readOffers(drivers: ClusterDriver[]): Promise<Offers> {
  const offers = await Promise.all(
    drivers.map(async (driver): Promise<Offers> => {
      try {
        return { nodes: await driver.nodes(), silent: [] }
      } catch (error) {
        const reason = `the cluster does not answer: ${error instanceof Error ? error.message : String(error)}`
        return { nodes: [], silent: [unfitCluster(driver.id, reason, true)] }
      }
    }),
  )
  return {
    nodes: offers.flatMap(({ nodes }) => nodes),
    silent: offers.flatMap(({ silent }) => silent),
  }
}

/** A cluster as a candidate that takes nothing. */
export const unfitCluster = (
  cluster: string,
  reason: string,
  passes: boolean,
): PlacementCandidate => ({
  kind: 'node',
  name: cluster,
  cluster,
  fits: false,
  passes,
  score: 0,
  reasons: [reason],
})

/**
 * The nodes rated for a pod of an org beside those that live now, the best first. No more than `most` of
 * them are put in words: ten thousand reasons would take longer than the decision.
 */
export function rateOffers(
  { nodes, silent }: Offers,
  { promised, orgPods, use, held = [] }: Occupied,
  request: Request,
  most: number,
): PlacementCandidate[] {
  const asked = askedWith(request, { orgPods, use })
  const loadOf = ({ cluster, node }: Capacity) => promised.on(cluster, node)
  const kept = new HeldRoom(held.filter(({ task }) => task !== request.task))
  const ranks = Float64Array.from(nodes, (node) =>
    rankNode(node, asked, loadOf(node), kept.on(node)),
  )
  const rated = highest(ranks, most).map((at) => {
    const node = nodes[at]! // As many ranks as nodes.
    return rateNode(node, asked, loadOf(node), kept.on(node))
  })
  return bestFirst([...rated, ...silent])
}

/** A request beside what its org has at that moment. */
export const askedWith = <R extends Request>(
  request: R,
  { orgPods, use }: Pick<Occupied, 'orgPods' | 'use'>,
): Omit<R, 'over'> & PlacementRequest => ({
  ...request,
  over: use && request.over?.(use),
  quota: { used: orgPods, limit: request.limit },
})

/** Where the highest values stand, the highest first and equal ones in their own order. */
function highest(values: Float64Array, most: number): number[] {
  const least = values.length > most ? values.toSorted().at(-most)! : -Infinity
  const above: number[] = []
  const equal: number[] = []
  values.forEach((value, at) => {
    if (value > least) above.push(at)
    else if (value === least) equal.push(at)
  })
  const chosen = least === -Infinity ? above : [...above, ...equal.slice(0, most - above.length)]
  return chosen.sort((a, b) => values[b]! - values[a]! || a - b) // Places of these values.
}

export const bestFirst = (candidates: PlacementCandidate[]): PlacementCandidate[] =>
  candidates.sort(
    (a, b) =>
      Number(b.fits) - Number(a.fits) || Number(b.passes) - Number(a.passes) || b.score - a.score,
  )

/** Runners that pods have: the own one, and what is configured. */
export const podRunners = ({ file }: Context['config']): string[] => [
  ownRunner,
  ...Object.keys(file.runners),
]
