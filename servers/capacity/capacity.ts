import { z } from 'zod'
import { Capacity } from '../../schemas/cluster.ts'
import { defineTool } from '../kit/tool.ts'

export const capacityRead = defineTool({
  name: 'capacity_read',
  title: 'Read capacity',
  description:
    "Shows what this hub's machine has, uses and has promised, and how many pods of a given shape still fit. Use node_list for the raw list of nodes.",
  effect: 'read',
  scope: 'cluster:read',
  input: {
    cpus: z.number().min(0.1).max(1024).default(1).describe('CPU cores of the shape'),
    memory_mb: z.int().min(64).default(1024).describe('Memory of the shape, in MiB'),
  },
  output: z.object({
    capacity: Capacity,
    room: z.int().describe('Pods of that shape that fit now'),
  }),
  run: async ({ cpus, memory_mb: memoryMb }, ctx) => {
    const capacity = await ctx.cluster.capacity()
    const freeMemory = Math.min(
      capacity.memoryMb.total - capacity.memoryMb.promised,
      capacity.memoryMb.available,
    )
    const byCpu = Math.floor((capacity.cpus.total - capacity.cpus.promised) / cpus)
    const byPods = capacity.pods.limit - capacity.pods.live
    const room = Math.max(0, Math.min(byCpu, Math.floor(freeMemory / memoryMb), byPods))
    return { capacity, room }
  },
})
