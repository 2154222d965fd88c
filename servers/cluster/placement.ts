import { z } from 'zod'
import type { Capacity, PlacementCandidate } from '../../schemas/cluster.ts'
import { PlacementCandidate as Candidate } from '../../schemas/cluster.ts'
import type { Isolation as IsolationLevel, Resources as Shape } from '../../schemas/task.ts'
import { Isolation, Resources, isolationLevels } from '../../schemas/task.ts'
import { Org } from '../../schemas/principal.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import type { PodRow } from './store/pods.ts'
import { listLivePods } from './store/pods.ts'

export type PlacementRequest = {
  resources: Shape
  isolation?: IsolationLevel | undefined
  tags?: string[] | undefined
  /** Pods the org may run and runs now. */
  quota: { used: number; limit: number }
}

/**
 * Whether and how well a node can take a pod, with the reasons in words. Filters first, then the
 * share of room that would be left; the best candidate has the highest score.
 */
export function rateNode(capacity: Capacity, request: PlacementRequest): PlacementCandidate {
  const { resources, isolation, tags = [], quota } = request
  const { pods } = capacity
  const freeCpus = capacity.cpus.total - capacity.cpus.promised
  const freeMemoryMb = Math.min(
    capacity.memoryMb.total - capacity.memoryMb.promised,
    capacity.memoryMb.available,
  )
  const missing = tags.filter((tag) => !capacity.tags.includes(tag))
  const refusals = [
    capacity.health !== 'ready' && `the node reports ${capacity.health}`,
    missing.length > 0 && `tags ${missing.join(', ')} are missing`,
    isolation !== undefined &&
      isolationLevels.indexOf(capacity.isolation) < isolationLevels.indexOf(isolation) &&
      `isolation ${isolation} is asked for and this node has ${capacity.isolation}`,
    quota.used >= quota.limit && `the org runs ${quota.used} of ${quota.limit} pods`,
    pods.live >= pods.limit && `the node runs ${pods.live} of ${pods.limit} pods`,
    resources.cpus > capacity.cpus.total &&
      `${resources.cpus} CPUs asked for, the node has ${capacity.cpus.total}`,
    resources.memoryMb > freeMemoryMb &&
      `${resources.memoryMb} MiB asked for, ${freeMemoryMb} MiB free`,
  ].filter((reason) => reason !== false)
  const { cluster, node } = capacity
  if (refusals.length > 0) return { cluster, node, fits: false, score: 0, reasons: refusals }
  // CPUs are shared in time, so promising more than there are is allowed and only costs score.
  const cpuShare = Math.max(0, (freeCpus - resources.cpus) / capacity.cpus.total)
  const memoryShare = (freeMemoryMb - resources.memoryMb) / capacity.memoryMb.total
  const idleShare = Math.max(0, 1 - capacity.cpus.load / capacity.cpus.total)
  const score = Math.round((0.4 * cpuShare + 0.4 * memoryShare + 0.2 * idleShare) * 1000) / 1000
  const reasons = [
    `${freeCpus} of ${capacity.cpus.total} CPUs unpromised`,
    `${freeMemoryMb} MiB memory free`,
    `load ${capacity.cpus.load}`,
  ]
  return { cluster, node, fits: true, score, reasons }
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
        const nothing = { cluster: driver.id, node: '', fits: false, score: 0, reasons: [reason] }
        return { nodes: [], silent: [nothing] }
      }
    }),
  )
  return {
    nodes: offers.flatMap(({ nodes }) => nodes),
    silent: offers.flatMap(({ silent }) => silent),
  }
}

/** Every node rated for a pod of an org beside those that live now, the best first. */
export function rateOffers(
  { nodes, silent }: Offers,
  live: PodRow[],
  request: Omit<PlacementRequest, 'quota'> & { org: string; limit: number },
): PlacementCandidate[] {
  const quota = { used: live.filter((pod) => pod.org === request.org).length, limit: request.limit }
  const rated = nodes.map((node) => rateNode(withPromised(node, live), { ...request, quota }))
  return [...rated, ...silent].sort((a, b) => Number(b.fits) - Number(a.fits) || b.score - a.score)
}

/** Pods that an org may run at a time. */
export const podLimit = ({ config }: Pick<Context, 'config'>, org: string): number =>
  config.file.orgs[org]?.maxPods ?? config.maxPods

/** A node's capacity with what recorded pods were promised, also those about to start. */
function withPromised(capacity: Capacity, live: PodRow[]): Capacity {
  const here = live.filter(
    ({ cluster, node }) => cluster === capacity.cluster && node === capacity.node,
  )
  const shapes = here.map((row) => Resources.parse(JSON.parse(row.resources)))
  return {
    ...capacity,
    cpus: { ...capacity.cpus, promised: shapes.reduce((sum, shape) => sum + shape.cpus, 0) },
    memoryMb: {
      ...capacity.memoryMb,
      promised: shapes.reduce((sum, shape) => sum + shape.memoryMb, 0),
    },
    pods: { ...capacity.pods, live: here.length },
  }
}

export const placementExplain = defineTool({
  name: 'placement_explain',
  title: 'Explain a placement',
  description:
    'Rates every node for a given shape and says why it fits or not, best first. It starts nothing; use task_submit to have work placed.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    resources: Resources.prefault({}).describe('What the pod needs'),
    isolation: Isolation.optional().describe('Least isolation to accept'),
    tags: z.array(z.string().max(64)).max(20).default([]).describe('Tags the node must have'),
    org: Org.optional().describe('Org whose quota counts; default: your own'),
  },
  output: z.object({ candidates: z.array(Candidate) }),
  run: async ({ resources, isolation, tags, org: asked }, ctx) => {
    const org = orgFor(ctx, asked)
    const offers = await readOffers(ctx.clusters.list())
    const live = await listLivePods(ctx.reader)
    const request = { resources, isolation, tags, org, limit: podLimit(ctx, org) }
    return { candidates: rateOffers(offers, live, request) }
  },
})
