import { z } from 'zod'

export const AgentState = z.enum(['idle', 'working', 'retired'])

/** A worker with its own identity. It registers with its first claim and is retired when silent. */
export const Agent = z.object({
  id: z.string(),
  org: z.string(),
  kind: z.enum(['pod', 'long-lived']),
  state: AgentState,
  host: z.string().optional(),
  pod: z.string().optional(),
  task: z.string().optional(),
  registeredAt: z.int(),
  lastSeenAt: z.int(),
  retiredAt: z.int().optional(),
})
export type Agent = z.infer<typeof Agent>
