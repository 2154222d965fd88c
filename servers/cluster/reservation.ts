import type { Capacity } from '../../schemas/cluster.ts'
import { HeldRoom } from './held-room.ts'
import type { Load } from './promised.ts'
import type { PlacementRequest } from './offer.ts'
import { rankNode, roomMissing } from './rating.ts'
import { withoutLoad } from './request.ts'
import type { Occupied } from './store/occupied.ts'

/**
 * How many of the nodes of a cluster are kept at a time, and how many of them for one org; one at least.
 * Room there stands idle until enough has ended, so by this much more work waits at most. One for all was
 * measured to be too few on 100 nodes: a node is empty enough in minutes, and large tasks came faster.
 */
const mostHeldShare = 0.1
const mostHeldShareOfOrg = 0.05

/** Nodes whose pods are looked at one by one: those with the least to wait for. */
const mostCompared = 20

type Asked = PlacementRequest & { org: string; task: string }

/** A node on which a task would fit if others ended, and what is missing there now. */
export type Prospect = { node: Capacity; missing: Load; share: number }

/**
 * The nodes that could be kept for a task that fits nowhere, those of which the smallest part is missing
 * first: it fits there once the hub's own pods have ended, nothing but room is in the way, and neither the
 * cluster nor the org keeps as many already. None where it fits somewhere now.
 */
export function prospectsOf(
  nodes: readonly Capacity[],
  { promised, held = [] }: Pick<Occupied, 'promised' | 'held'>,
  asked: Asked,
): Prospect[] {
  const others = held.filter(({ task }) => task !== asked.task)
  const room = new HeldRoom(others)
  const isTaken = fullClusters(nodes, others, asked.org)
  const prospects: Prospect[] = []
  for (const node of nodes) {
    const load = promised.on(node.cluster, node.node)
    const kept = room.on(node)
    if (rankNode(node, asked, load, kept) >= 2) return []
    if (kept || isTaken(node.cluster)) continue
    const missing = roomMissing(node, asked, load)
    if (missing && fitsWithout(node, asked, load))
      prospects.push({ node, missing, share: shareOf(missing, node) })
  }
  return prospects.sort((a, b) => a.share - b.share).slice(0, mostCompared)
}

/** Whether what is kept for a task there still leads to its place: nothing but room is in the way, if anything. */
export function isOfUse(node: Capacity, asked: Asked, load: Load): boolean {
  if (rankNode(node, asked, load) >= 2) return true
  return roomMissing(node, asked, load) !== undefined && fitsWithout(node, asked, load)
}

/**
 * The one on which a task fits soonest: how long pods will run is unknown, so it is where the fewest of
 * them have to end, of equal ones where the smallest part of the node is missing.
 */
export function soonest(
  prospects: readonly Prospect[],
  podsOn: (node: Capacity) => readonly Load[],
): Prospect | undefined {
  let best: { prospect: Prospect; pods: number } | undefined
  for (const prospect of prospects) {
    const pods = fewestCovering(prospect.missing, podsOn(prospect.node))
    if (!best || pods < best.pods) best = { prospect, pods }
  }
  return best?.prospect
}

const amounts = ['pods', 'cpus', 'memoryMb', 'gpus'] as const

/** How few pods have to end so that what they hold covers what is missing; the largest for it go first. */
function fewestCovering(missing: Load, pods: readonly Load[]): number {
  const use = (pod: Load) =>
    amounts.reduce(
      (sum, name) => (missing[name] > 0 ? sum + Math.min(1, pod[name] / missing[name]) : sum),
      0,
    )
  const left = { ...missing }
  let count = 0
  for (const pod of pods.toSorted((a, b) => use(b) - use(a))) {
    if (amounts.every((name) => left[name] <= 0)) return count
    for (const name of amounts) left[name] -= pod[name]
    count++
  }
  return amounts.every((name) => left[name] <= 0) ? count : Infinity
}

/** In which clusters nothing more may be kept for an org. */
function fullClusters(
  nodes: readonly Capacity[],
  held: readonly { cluster: string; org: string }[],
  org: string,
): (cluster: string) => boolean {
  const full = new Set<string>()
  for (const cluster of new Set(held.map((one) => one.cluster))) {
    const there = held.filter((one) => one.cluster === cluster)
    const count = nodes.filter((node) => node.cluster === cluster).length
    const own = there.filter((one) => one.org === org)
    const most = (share: number) => Math.max(1, Math.floor(count * share))
    if (there.length >= most(mostHeldShare) || own.length >= most(mostHeldShareOfOrg))
      full.add(cluster)
  }
  return (cluster) => full.has(cluster)
}

const fitsWithout = (node: Capacity, asked: Asked, load: Load): boolean =>
  rankNode(withoutLoad(node, load), asked) >= 2

const shareOf = (missing: Load, { cpus, memoryMb, gpus, pods }: Capacity): number =>
  Math.max(
    missing.cpus / cpus.total,
    missing.memoryMb / memoryMb.total,
    gpus.length === 0 ? 0 : missing.gpus / gpus.length,
    missing.pods / pods.limit,
  )
