import type { Capacity, PlacementCandidate } from '../../schemas/cluster.ts'
import type { Held } from './held-room.ts'
import type { Check } from './obstacles.ts'
import { heldWords, lasting, passing, room } from './obstacles.ts'
import type { Offer, PlacementRequest } from './offer.ts'
import { none, offerOf } from './offer.ts'
import type { Load } from './promised.ts'
import { warmthOf } from './warm.ts'

/**
 * Whether and how well a node can take a pod, with the reasons in words. Filters first, then the
 * share of room that would be left; the best candidate has the highest score.
 */
export function rateNode(
  node: Capacity,
  asked: PlacementRequest,
  load: Load = none,
  held?: Held,
): PlacementCandidate {
  const offer = offerOf(node, asked, load, held)
  const at = {
    kind: 'node',
    name: `${node.cluster}/${node.node}`,
    cluster: node.cluster,
    node: node.node,
  } as const
  const wordsOf = (checks: Check[]) =>
    checks.flatMap((check) => (check.fails(offer) ? check.words(offer) : []))
  const [lasts, passes, lacks] = [wordsOf(lasting), wordsOf(passing), wordsOf(room)]
  if (lacks.length > 0) lacks.push(...heldWords(offer))
  if (lasts.length + passes.length + lacks.length > 0)
    return {
      ...at,
      fits: false,
      passes: lasts.length === 0,
      score: 0,
      ...(lasts.length + passes.length === 0 ? { full: true } : {}),
      reasons: [...lasts, ...passes, ...lacks],
    }
  const warmth = warmthOf(node, asked.warm)
  const reasons = [
    `${offer.freeCpus} of ${node.cpus.total} CPUs unpromised`,
    `${offer.freeMemoryMb} MiB memory free`,
    `load ${node.cpus.load}`,
    ...(offer.gpus.wanted > 0 ? [`${offer.gpus.free} of ${node.gpus.length} GPUs unpromised`] : []),
    ...(warmth.reason === undefined ? [] : [warmth.reason]),
  ]
  return { ...at, fits: true, passes: true, score: scoreOf(offer), reasons }
}

/** The order of candidates as a number: those that fit by score, then those that could, then the rest. */
export function rankNode(
  node: Capacity,
  asked: PlacementRequest,
  load: Load = none,
  held?: Held,
): number {
  const offer = offerOf(node, asked, load, held)
  for (const check of lasting) if (check.fails(offer)) return 0
  for (const check of passing) if (check.fails(offer)) return 1
  for (const check of room) if (check.fails(offer)) return 1
  return 2 + scoreOf(offer)
}

/** What is missing on a node where nothing but room is in the way; undefined where more is, or nothing. */
export function roomMissing(node: Capacity, asked: PlacementRequest, load: Load): Load | undefined {
  const offer = offerOf(node, asked, load, undefined)
  if ([...lasting, ...passing].some((check) => check.fails(offer))) return undefined
  if (!room.some((check) => check.fails(offer))) return undefined
  const { freeCpus, freeMemoryMb, gpus, pods } = offer
  const { cpus, memoryMb } = asked.resources
  return {
    pods: Math.max(0, pods + 1 - node.pods.limit),
    cpus: node.cpus.firm === true ? Math.max(0, cpus - freeCpus) : 0,
    memoryMb: Math.max(0, memoryMb - freeMemoryMb),
    gpus: Math.max(0, gpus.wanted - gpus.free),
  }
}

function scoreOf({ node, asked, freeCpus, freeMemoryMb }: Offer): number {
  const { cpus, memoryMb } = node
  // CPUs are shared in time, so promising more than there are only costs score, unless they are firm.
  const cpuShare = Math.max(0, (freeCpus - asked.resources.cpus) / cpus.total)
  const memoryShare = (freeMemoryMb - asked.resources.memoryMb) / memoryMb.total
  const idleShare = Math.max(0, 1 - cpus.load / cpus.total)
  const room = 0.4 * cpuShare + 0.4 * memoryShare + 0.2 * idleShare
  return Math.round((0.7 * room + 0.3 * warmthOf(node, asked.warm).share) * 1000) / 1000
}
