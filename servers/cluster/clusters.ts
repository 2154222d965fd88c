import { z } from 'zod'
import { Capacity, Cluster } from '../../schemas/cluster.ts'
import { startSubject } from '../kit/clusters.ts'
import { defineTool } from '../kit/tool.ts'
import { readOffers } from './placement.ts'
import { listLivePods } from './store/pods.ts'

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
    const items = ctx.clusters.list().map(async (driver): Promise<Cluster> => {
      const [subject, health, { nodes }] = await Promise.all([
        startSubject(ctx, driver),
        driver.health(),
        readOffers([driver]),
      ])
      return {
        id: driver.id,
        driver: driver.kind,
        isolation: subject.isolation,
        isolationReason: subject.reason,
        mayStart: ctx.may('pod.start', subject),
        health,
        nodes: nodes.length,
        pods: live.filter(({ cluster }) => cluster === driver.id).length,
      }
    })
    return { items: await Promise.all(items) }
  },
})

export const nodeList = defineTool({
  name: 'node_list',
  title: 'List nodes',
  description:
    'Lists the machines that run pods, with what they have, use and have promised. Use placement_explain to see whether a shape fits.',
  effect: 'read',
  scope: 'cluster:read',
  input: {},
  output: z.object({ items: z.array(Capacity) }),
  run: async (_input, ctx) => ({ items: (await readOffers(ctx.clusters.list())).nodes }),
})
