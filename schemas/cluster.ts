import { z } from 'zod'
import { Exposure } from './exposure.ts'
import { Isolation, Resources } from './task.ts'

export const ClusterHealth = z.object({
  state: z.enum(['ready', 'pressure', 'unreachable']),
  reason: z.string().optional().describe('Why it is not ready'),
  version: z.string().optional().describe('Of what runs it, where that has one'),
})
export type ClusterHealth = z.infer<typeof ClusterHealth>

const Guard = z.enum(['enforced', 'accepted-only'])

/** What became of traffic that a network policy forbids. */
export type NetworkGuard = { state: 'enforced' | 'accepted-only' | 'unknown'; reason: string }

/** What guards pods in a cluster: whether it was seen to act, or was merely stored there. */
export const ClusterGuards = z.object({
  podSecurity: Guard.describe('Pods with privileges'),
  admission: Guard.describe('Images and accounts that are not ours'),
  quota: Guard.describe('More than the org may have'),
  networkPolicy: z
    .enum([...Guard.options, 'unknown'])
    .describe('Traffic to anywhere but what is allowed, as pods tried it'),
  networkPolicyReason: z.string().optional().describe('What they found, or why they could not'),
})
export type ClusterGuards = z.infer<typeof ClusterGuards>

export const PodState = z.enum(['starting', 'running', 'suspended', 'stopping', 'exited'])
export type PodState = z.infer<typeof PodState>

/** Which of its limits a pod ran into. */
export const PodLimit = z.enum(['memory', 'time'])
export type PodLimit = z.infer<typeof PodLimit>

const Promised = z.object({ promised: z.number(), total: z.number() })

export const Cluster = z.object({
  id: z.string(),
  driver: z.string().describe('Kind of cluster, such as local'),
  isolation: Isolation.describe('What pods really get here'),
  isolationReason: z.string().describe('How that was found out, and why it is not better'),
  mayStart: z.boolean().describe('Whether you may start work here'),
  health: ClusterHealth,
  nodes: z.int(),
  pods: z.int().describe('Pods of this hub that are live now'),
  states: z
    .partialRecord(PodState, z.int())
    .describe('How many of these are in which state; absent for none'),
  allPods: z.int().describe('Pods that anybody runs there'),
  cpus: Promised,
  memoryMb: Promised,
  runsAgents: z.boolean().describe('Whether agents of tasks run here, or plain commands alone'),
  extensions: z
    .array(z.string())
    .optional()
    .describe('What stands there beside Kubernetes, such as kueue'),
  guards: ClusterGuards.optional().describe('Of a cluster that was added, as found at that time'),
})
export type Cluster = z.infer<typeof Cluster>

const Gpu = z.object({ name: z.string(), memoryMb: z.int() })

/** What a machine has, uses and has promised. Sizes in MiB, load as the one-minute average. */
export const Capacity = z.object({
  node: z.string(),
  cluster: z.string(),
  tags: z.array(z.string()),
  health: z.enum(['ready', 'pressure']),
  closed: z.string().optional().describe('Why it takes no new pods now'),
  taints: z.array(z.string()).optional().describe('Tags a pod has to ask for to be let in'),
  cpus: z.object({
    total: z.number(),
    promised: z.number(),
    load: z.number(),
    firm: z.boolean().optional().describe('Whether no more than there are can be promised'),
  }),
  memoryMb: z.object({ total: z.int(), available: z.int(), promised: z.int() }),
  diskMb: z.object({ total: z.int(), available: z.int() }),
  gpus: z.array(Gpu),
  gpusPromised: z.int().optional().describe('Of these, promised to pods'),
  used: z
    .object({
      cpus: z.number().optional(),
      memoryMb: z.int().optional(),
      diskMb: z.int().optional(),
    })
    .optional()
    .describe('What is really used, where that is reported'),
  pods: z.object({ live: z.int(), limit: z.int() }),
  isolation: Isolation,
  at: z.int(),
})
export type Capacity = z.infer<typeof Capacity>

/** The most that was promised to pods at one instant of each span of time. */
export const ClusterHistory = z.object({
  since: z.int().describe('Since when every pod is counted'),
  items: z.array(
    z.object({
      at: z.int().describe('End of the span'),
      pods: z.int(),
      cpus: z.number(),
      memoryMb: z.int(),
    }),
  ),
})
export type ClusterHistory = z.infer<typeof ClusterHistory>

/** How many pods have something in common. */
export const PodGroup = z.object({
  name: z.string(),
  pods: z.int(),
  states: z.partialRecord(PodState, z.int()),
})
export type PodGroup = z.infer<typeof PodGroup>

/** A process group on a node, in a folder of its own. */
export const Pod = z.object({
  id: z.string(),
  org: z.string(),
  cluster: z.string(),
  node: z.string(),
  task: z.string().optional(),
  command: z.array(z.string()),
  state: PodState,
  isolation: Isolation,
  limits: z.array(z.string()).describe('Limits that are really enforced here'),
  resources: Resources,
  handle: z.string().optional().describe('How its cluster knows it, for who looks there'),
  exitCode: z.int().nullable().optional(),
  reason: z.string().optional().describe('Why it ended or does not run yet, where that is known'),
  evicted: z.string().optional().describe('Why it was moved away, or is being moved'),
  limit: PodLimit.optional().describe('Which of its limits ended it, where one did'),
  createdAt: z.int(),
  endedAt: z.int().optional(),
  exposed: z.array(Exposure).optional().describe('Ports that browsers reach; of one pod only'),
})
export type Pod = z.infer<typeof Pod>

/** One candidate of a placement, with the reasons in words. */
export const PlacementCandidate = z.object({
  kind: z.enum(['node', 'agent', 'peer']),
  name: z.string().describe('Of the agent or the peer; cluster/node of a node'),
  cluster: z.string().optional(),
  node: z.string().optional(),
  fits: z.boolean(),
  passes: z
    .boolean()
    .describe('Whether what is in the way passes by itself, as a lack of room does'),
  full: z.boolean().optional().describe('Whether nothing is in the way but room that others have'),
  away: z
    .string()
    .optional()
    .describe('Why it is not here, where the task names it and it is gone'),
  score: z.number(),
  reasons: z.array(z.string()),
})
export type PlacementCandidate = z.infer<typeof PlacementCandidate>
