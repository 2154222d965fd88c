import type { Capacity, PlacementCandidate } from '../../schemas/cluster.ts'
import type { Resources as Shape } from '../../schemas/task.ts'
import { Resources } from '../../schemas/task.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import type { Context } from '../kit/context.ts'
import type { Needs } from '../kit/needs.ts'
import { lacks, ownRunner, pinnedElsewhere } from '../kit/needs.ts'
import type { PodRow } from './store/pods.ts'

export type PlacementRequest = {
  resources: Shape
  needs: Needs
  /** Runners that pods have. */
  runners: string[]
  /** Pods the org may run and runs now. */
  quota: { used: number; limit: number }
}

/**
 * Whether and how well a node can take a pod, with the reasons in words. Filters first, then the
 * share of room that would be left; the best candidate has the highest score.
 */
export function rateNode(capacity: Capacity, request: PlacementRequest): PlacementCandidate {
  const { resources, needs, runners, quota } = request
  const { cluster, node, pods, tags, isolation } = capacity
  const freeCpus = capacity.cpus.total - capacity.cpus.promised
  const freeMemoryMb = Math.min(
    capacity.memoryMb.total - capacity.memoryMb.promised,
    capacity.memoryMb.available,
  )
  const lasting = [
    ...lacks(needs, { tags, runners, isolation }),
    ...pinnedElsewhere(needs, { cluster }),
    ...(capacity.taints ?? [])
      .filter((taint) => !needs.tags?.includes(taint))
      .map((taint) => `the node takes only pods that ask for the tag ${taint}`),
    quota.limit === 0 && 'the org may run no pods',
    pods.limit === 0 && 'the node runs no pods',
    resources.cpus > capacity.cpus.total &&
      `${resources.cpus} CPUs asked for, the node has ${capacity.cpus.total}`,
    resources.memoryMb > capacity.memoryMb.total &&
      `${resources.memoryMb} MiB asked for, the node has ${capacity.memoryMb.total} MiB`,
  ].filter((reason) => reason !== false)
  const passing = [
    capacity.closed !== undefined && `the node takes no pods: ${capacity.closed}`,
    capacity.health !== 'ready' && `the node reports ${capacity.health}`,
    capacity.cpus.firm === true &&
      resources.cpus > freeCpus &&
      `${resources.cpus} CPUs asked for, ${freeCpus} unpromised`,
    quota.used >= quota.limit && `the org runs ${quota.used} of ${quota.limit} pods`,
    pods.live >= pods.limit && `the node runs ${pods.live} of ${pods.limit} pods`,
    resources.memoryMb > freeMemoryMb &&
      `${resources.memoryMb} MiB asked for, ${freeMemoryMb} MiB free`,
  ].filter((reason) => reason !== false)
  const at = { kind: 'node', name: `${cluster}/${node}`, cluster, node } as const
  if (lasting.length + passing.length > 0) {
    const passes = lasting.length === 0
    return { ...at, fits: false, passes, score: 0, reasons: [...lasting, ...passing] }
  }
  // CPUs are shared in time, so promising more than there are only costs score, unless they are firm.
  const cpuShare = Math.max(0, (freeCpus - resources.cpus) / capacity.cpus.total)
  const memoryShare = (freeMemoryMb - resources.memoryMb) / capacity.memoryMb.total
  const idleShare = Math.max(0, 1 - capacity.cpus.load / capacity.cpus.total)
  const score = Math.round((0.4 * cpuShare + 0.4 * memoryShare + 0.2 * idleShare) * 1000) / 1000
  const reasons = [
    `${freeCpus} of ${capacity.cpus.total} CPUs unpromised`,
    `${freeMemoryMb} MiB memory free`,
    `load ${capacity.cpus.load}`,
  ]
  return { ...at, fits: true, passes: true, score, reasons }
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

/** Every node rated for a pod of an org beside those that live now, the best first. */
export function rateOffers(
  { nodes, silent }: Offers,
  live: PodRow[],
  request: Omit<PlacementRequest, 'quota'> & { org: string; limit: number },
): PlacementCandidate[] {
  const quota = { used: live.filter((pod) => pod.org === request.org).length, limit: request.limit }
  const rated = nodes.map((node) => rateNode(withPromised(node, live), { ...request, quota }))
  return bestFirst([...rated, ...silent])
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

/** Pods that an org may run at a time. */
export const podLimit = ({ config }: Pick<Context, 'config'>, org: string): number =>
  config.file.orgs[org]?.maxPods ?? config.maxPods

/** A node's capacity with what recorded pods were promised, also those about to start or not yet seen. */
function withPromised(capacity: Capacity, live: PodRow[]): Capacity {
  const here = live.filter(
    ({ cluster, node }) => cluster === capacity.cluster && node === capacity.node,
  )
  const shapes = here.map((row) => Resources.parse(JSON.parse(row.resources)))
  return {
    ...capacity,
    cpus: { ...capacity.cpus, promised: most(capacity.cpus.promised, sumOf(shapes, 'cpus')) },
    memoryMb: {
      ...capacity.memoryMb,
      promised: most(capacity.memoryMb.promised, sumOf(shapes, 'memoryMb')),
    },
    pods: { ...capacity.pods, live: most(capacity.pods.live, here.length) },
  }
}

// A cluster that others use as well has promised more than the hub has on record.
const most = Math.max
const sumOf = (shapes: Shape[], of: 'cpus' | 'memoryMb') =>
  shapes.reduce((sum, shape) => sum + shape[of], 0)
