import { z } from 'zod'
import { Capacity } from '../../schemas/cluster.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'

export const capacityRead = defineTool({
  name: 'capacity_read',
  title: 'Read capacity',
  description:
    'Shows what the machine with most room has, uses and has promised, and how many pods of a given shape still fit on all. Use node_list for the list of machines.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    cpus: z.number().min(0.1).max(1024).default(1).describe('CPU cores of the shape'),
    memory_mb: z.int().min(64).default(1024).describe('Memory of the shape, in MiB'),
    cluster: z.string().max(60).optional().describe('Only this cluster; default: all'),
  },
  output: z.object({
    capacity: Capacity,
    room: z.int().describe('Pods of that shape that fit now, on all nodes'),
  }),
  app: 'capacity',
  run: async ({ cpus, memory_mb: memoryMb, cluster }, ctx) => {
    const drivers = cluster === undefined ? ctx.clusters.list() : [ctx.clusters.get(cluster)]
    const read = await Promise.allSettled(drivers.map((driver) => driver.nodes()))
    const nodes = read.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    const rated = nodes
      .map((capacity) => ({ capacity, room: roomFor(capacity, cpus, memoryMb) }))
      .sort((a, b) => b.room - a.room)
    const [roomiest] = rated
    if (roomiest === undefined) {
      throw new HubError('unavailable', 'no machine of a cluster answers', {
        hint: 'cluster_list says how each cluster is.',
      })
    }
    const room = rated.reduce((sum, node) => sum + node.room, 0)
    return { capacity: roomiest.capacity, room }
  },
})

/** Pods of a shape that a node can still take. */
function roomFor(capacity: Capacity, cpus: number, memoryMb: number): number {
  const freeMemory = Math.min(
    capacity.memoryMb.total - capacity.memoryMb.promised,
    capacity.memoryMb.available,
  )
  const byCpu = Math.floor((capacity.cpus.total - capacity.cpus.promised) / cpus)
  const byPods = capacity.pods.limit - capacity.pods.live
  return Math.max(0, Math.min(byCpu, Math.floor(freeMemory / memoryMb), byPods))
}
