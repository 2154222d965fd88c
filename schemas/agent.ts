import { z } from 'zod'
import { Isolation } from './task.ts'

export const AgentState = z.enum(['idle', 'working', 'retired'])

/** A worker with its own identity. It registers with its first claim and is retired when silent. */
export const Agent = z.object({
  id: z.string(),
  org: z.string(),
  kind: z.enum(['pod', 'long-lived', 'peer']),
  state: AgentState,
  host: z.string().optional(),
  pod: z.string().optional(),
  task: z.string().optional(),
  tags: z.array(z.string()).describe('What it offers beside its runners'),
  runners: z.array(z.string()).describe('What it can do the work with'),
  isolation: Isolation.describe('How what it starts is kept from its machine, as it says'),
  registeredAt: z.int(),
  lastSeenAt: z.int(),
  retiredAt: z.int().optional(),
})
export type Agent = z.infer<typeof Agent>
