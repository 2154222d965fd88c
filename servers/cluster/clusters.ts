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
import { listLivePods } from './store/pods.ts'
import { nodesText } from './texts.ts'

export const clusterList = defineTool({
  name: 'cluster_list',
  title: 'List clusters',
  description:
    'Lists where agents can run, with health and the isolation pods really get. Use node_list for the machines behind them.',
  effect: 'read',
  scope: 'cluster:read',
  input: {},
  output: z.object({ items: z.array(Cluster) }),
  run: async (_input, ctx) => {
    const live = await listLivePods(ctx.reader)
    const added = await listClusters(ctx.reader)
    const items = ctx.clusters.list().map(async (driver) => {
      const guards = added.find(({ id }) => id === driver.id)?.guards
      return {
        ...(await describeCluster(ctx, driver)),
        runsAgents: driver.runsAgents,
        pods: live.filter(({ cluster }) => cluster === driver.id).length,
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
): Promise<Omit<Cluster, 'pods' | 'runsAgents' | 'guards'>> {
  const { id, kind } = driver
  try {
    const [subject, health, { nodes }] = await Promise.all([
      startSubject(ctx, driver),
      driver.health(),
      readOffers([driver]),
    ])
    const { isolation, reason: isolationReason } = subject
    const mayStart = ctx.may('pod.start', subject)
    return { id, driver: kind, isolation, isolationReason, mayStart, health, nodes: nodes.length }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    const reason = [error.message, error.hint].filter(Boolean).join('. ')
    const none = { isolation: 'none', isolationReason: reason, mayStart: false, nodes: 0 } as const
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
