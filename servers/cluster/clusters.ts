import { z } from 'zod'
import { Capacity, Cluster } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import { startSubject } from '../kit/clusters.ts'
import type { Context } from '../kit/context.ts'
import { cursorNumber, pageOf } from '../kit/page.ts'
import { defineTool } from '../kit/tool.ts'
import { readOffers } from './placement.ts'
import { listClusters } from './store/clusters.ts'
import { groupPods } from './store/pod-groups.ts'
import { clustersText, nodesText } from './texts.ts'

export const clusterList = defineTool({
  name: 'cluster_list',
  title: 'List clusters',
  description:
    'Lists where agents can run, with health and the isolation pods really get. Use node_list for the machines behind them.',
  effect: 'read',
  scope: 'cluster:read',
  input: {},
  output: z.object({ items: z.array(Cluster) }),
  text: clustersText,
  run: async (_input, ctx) => {
    const live = await groupPods(ctx.reader, { by: 'cluster', orgs: undefined, ended: false })
    const added = await listClusters(ctx.reader)
    const items = ctx.clusters.list().map(async (driver) => {
      const guards = added.find(({ id }) => id === driver.id)?.guards
      return {
        ...(await describeCluster(ctx, driver)),
        runsAgents: driver.runsAgents,
        pods: live.find(({ name }) => name === driver.id)?.pods ?? 0,
        states: live.find(({ name }) => name === driver.id)?.states ?? {},
        ...(guards ? { guards } : {}),
      }
    })
    return { items: await Promise.all(items) }
  },
})

/** How a cluster is; one that cannot say how it isolates can start nothing and is shown all the same. */
async function describeCluster(
  ctx: Context,
  driver: ClusterDriver,
): Promise<Omit<Cluster, 'pods' | 'states' | 'runsAgents' | 'guards'>> {
  const { id, kind } = driver
  try {
    const [subject, health, { nodes }, extensions] = await Promise.all([
      startSubject(ctx, driver),
      driver.health(),
      readOffers([driver]),
      driver.extensions?.() ?? [],
    ])
    const beside = extensions.length > 0 ? { extensions } : {}
    const { isolation, reason: isolationReason } = subject
    const mayStart = ctx.may('pod.start', subject)
    const sum = (of: (node: Capacity) => number) =>
      Math.round(100 * nodes.reduce((all, node) => all + of(node), 0)) / 100
    return {
      ...{ id, driver: kind, isolation, isolationReason, mayStart, health, nodes: nodes.length },
      allPods: sum((node) => node.pods.live),
      cpus: { promised: sum(({ cpus }) => cpus.promised), total: sum(({ cpus }) => cpus.total) },
      ...beside,
      memoryMb: {
        promised: sum(({ memoryMb }) => memoryMb.promised),
        total: sum(({ memoryMb }) => memoryMb.total),
      },
    }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const reason = [error.message, error.hint].filter(Boolean).join('. ')
    const nothing = { promised: 0, total: 0 }
    const none = {
      ...({ isolation: 'none', isolationReason: reason, mayStart: false, nodes: 0 } as const),
      ...{ allPods: 0, cpus: nothing, memoryMb: nothing },
    }
    return { id, driver: kind, ...none, health: { state: 'unreachable', reason } }
  }
}

export const nodeList = defineTool({
  name: 'node_list',
  title: 'List nodes',
  description:
    'Lists the machines that run pods, with what they have, use and have promised. Use placement_explain to see whether a shape fits.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    cluster: z.string().max(60).optional().describe('Only of this cluster'),
    ...pageInput,
  },
  output: page(Capacity),
  text: nodesText,
  run: async ({ cluster, cursor, limit }, ctx) => {
    const drivers = cluster === undefined ? ctx.clusters.list() : [ctx.clusters.get(cluster)]
    const { nodes } = await readOffers(drivers)
    // Machines come and go rarely enough for a place in the list to be a cursor.
    const start = cursorNumber(cursor, 0)
    const rows = nodes.slice(start, start + limit + 1)
    return pageOf(
      rows,
      limit,
      (node) => node,
      () => start + limit,
    )
  },
})
