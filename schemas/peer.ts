import { z } from 'zod'
import { Capacity } from './cluster.ts'
import { UpstreamState } from './upstream.ts'

/** What a hub is called by another; also the prefix of its tools there. */
export const PeerName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,19}$/, 'a peer is 1 to 20 lower-case letters, digits or underscores')

/** What a peer may be given: never rights over the hub itself. */
export const PeerRole = z.enum(['viewer', 'developer'])
export type PeerRole = z.infer<typeof PeerRole>

/** Another hub, as this one sees it now. */
export const Peer = z.object({
  name: PeerName,
  url: z.string().optional().describe('Where it is called; none for one that only calls'),
  state: z.enum([...UpstreamState.options, 'calls_only']),
  reason: z.string().optional(),
  tools: z.int().describe('Its tools that can be called here, under its name and an underscore'),
  granted: z
    .object({ role: PeerRole, orgs: z.array(z.string()) })
    .optional()
    .describe('What it may do here'),
  capacity: Capacity.optional().describe('Of its machine, asked just now'),
  room: z.int().optional().describe('Pods of one core and 1 GiB that fit there now'),
  joinedAt: z.int(),
  machine: z
    .string()
    .optional()
    .describe('Machine of the mesh that its credential counts from, and from no other'),
})
export type Peer = z.infer<typeof Peer>
