import { z } from 'zod'
import { Capacity, Cluster } from '../../schemas/cluster.ts'
import { defineTool } from '../kit/tool.ts'

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
    const { isolation, pods } = await ctx.cluster.capacity()
    const local = {
      id: ctx.cluster.id,
      driver: 'local',
      isolation,
      health: 'ready',
      nodes: 1,
      pods: pods.live,
    } as const
    return { items: [local] }
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
  run: async (_input, ctx) => ({ items: [await ctx.cluster.capacity()] }),
})
