import { z } from 'zod'
import { roleNames } from './scope.ts'

/** A machine of the mesh: the id that its control server gave it, and its name, for people. */
export const MeshNode = z.object({ id: z.string(), name: z.string() })
export type MeshNode = z.infer<typeof MeshNode>

/** Who calls. Each kind has one kind of credential; `id` is what the audit trail names. */
export const Principal = z.object({
  kind: z.enum(['user', 'agent', 'hub', 'service']),
  id: z.string(),
  roles: z.array(z.enum(roleNames)),
  /** Orgs the principal belongs to; `*` is every org on this hub. */
  orgs: z.array(z.string()),
  /** Set for agents: the only task that the credential may touch. */
  task: z.string().optional(),
  /** Set for agents that hold a lease: the attempt the credential dies with. */
  attempt: z.string().optional(),
  /** Set for agents: path of the only repository that the credential may touch. */
  repo: z.string().optional(),
  /** Set for agents whose task is a review: the only change of another task that they may judge. */
  reviews: z.string().optional(),
  /** Set for hubs that joined over a mesh: the only machine that the credential counts from. */
  node: MeshNode.optional(),
  /** Set where the hub's chat makes a call for a person: in which conversation, and who thought of it. */
  chat: z
    .object({ conversation: z.string(), org: z.string(), by: z.enum(['person', 'assistant']) })
    .optional(),
})
export type Principal = z.infer<typeof Principal>

/** The person who holds the data directory. */
export const ownerName = 'owner'

/** Whether the hub itself acts under a name. */
const isHubName = (name: string): boolean =>
  /^(sign-in|pod-gateway|controller-.*|agent-pod-.*)$/.test(name)

/** Whether no credential and no agent may be given a name. */
export const isReservedName = (name: string): boolean => name === ownerName || isHubName(name)

export const Org = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,38}$/, 'an org is 1 to 39 lower-case letters, digits or dashes')
