import { z } from 'zod'

const Amount = z.object({
  used: z.number().optional().describe('Absent where nothing reports it'),
  requested: z.number(),
  allocatable: z.number(),
})

/** The mean of one span of time. */
export const CapacityPoint = z.object({
  at: z.int().describe('End of the span'),
  cpus: Amount,
  memoryMb: Amount,
  diskMb: z.object({ used: z.number().optional(), total: z.number() }),
  gpus: z.object({ requested: z.number().optional(), total: z.number() }),
  pods: z.object({ live: z.number(), limit: z.number() }),
  queued: z.number().optional().describe('Tasks of this hub that waited'),
})
export type CapacityPoint = z.infer<typeof CapacityPoint>

/** What clusters had, promised and used over time. */
export const CapacityHistory = z.object({
  since: z.int(),
  until: z.int(),
  spanMs: z.int().describe('Time that one point is the mean of'),
  items: z.array(CapacityPoint),
  firstAt: z.int().optional().describe('First look that the items are of'),
  unreported: z.array(z.string()).describe('Clusters that do not say what is used'),
  busiest: z
    .array(
      z.object({
        node: z.string().describe('As cluster/node'),
        cpus: z.number().describe('Used on average, or requested where nobody says what is used'),
        allocatable: z.number(),
      }),
    )
    .describe('Nodes that were among the busiest of their cluster'),
})
export type CapacityHistory = z.infer<typeof CapacityHistory>
