import { z } from 'zod'
import { OnSpent, OrgBudget } from './budget.ts'
import { Egress } from './egress.ts'
import { Quota } from './quota.ts'
import { ReviewPolicy } from './review-policy.ts'
import { TimeZone } from './time-zone.ts'

const pattern = z.string().regex(/^[\w*-]{1,80}$/, 'a tool name, in which * stands for anything')

/** What the assistant of an org is told and may do. */
const ChatPolicy = z.strictObject({
  instructions: z.string().max(20_000).optional().describe('What it is told beside its task'),
  model: z.string().max(200).optional().describe('Which model answers; default: the hub’s own'),
  maxSteps: z
    .int()
    .min(1)
    .max(100)
    .default(16)
    .describe('Model calls in one answer; after the last it says how far it came'),
  tools: z
    .strictObject({
      allow: z.array(pattern).max(200).default([]).describe('Only these, where any are named'),
      deny: z.array(pattern).max(200).default([]).describe('Not these'),
    })
    .prefault({})
    .describe('Which tools it may call, of those that the person may'),
})

/** What an org may use, how it shares, and what it wants asked. */
export const OrgConfig = z.strictObject({
  maxPods: z.int().min(0).max(1000).optional().describe('Most pods at a time'),
  quota: Quota.optional().describe(
    'What else its pods may have at a time, unless quota_set says otherwise',
  ),
  preemption: z
    .enum(['never', 'lower'])
    .default('never')
    .describe(
      'Whether a task of a priority above 0 that fits nowhere has pods of lower ones moved away',
    ),
  spillToPeers: z
    .boolean()
    .optional()
    .describe('Whether its tasks go to peers when nothing here has room; default: `placement`'),
  egress: Egress.optional().describe(
    'Where its local pods may connect to: `all` (the default), `hub`, or the hub and these hosts',
  ),
  maxQueued: z
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('Most tasks that wait in the queue; more are refused'),
  weight: z
    .number()
    .min(0.01)
    .max(1000)
    .default(1)
    .describe('Share of the room while it is short, against that of other orgs'),
  maxDepth: z
    .int()
    .min(0)
    .max(10)
    .optional()
    .describe('How deep tasks of agents may submit tasks; default: 3, 0 forbids it'),
  maxChildren: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe('Most tasks that the agent of one task may submit; default: 20'),
  budget: OrgBudget.optional().describe('What it may spend, unless budget_set says otherwise'),
  onSpent: OnSpent.default('hold').describe(
    'Whether a task that a spent budget stops waits for budget_set, or a person is asked to raise it',
  ),
  timeZone: TimeZone.default('UTC').describe('Whose days and months its budget counts by'),
  upstreams: z
    .array(z.string())
    .default([])
    .describe('Servers of `mcpServers` that agents of this org may use'),
  selfApproval: z
    .boolean()
    .default(true)
    .describe('Whether an owner may approve calls that he made himself'),
  chat: ChatPolicy.prefault({}).describe('The assistant that people of this org talk with'),
  review: ReviewPolicy.prefault({}).describe('How changes are reviewed and merged'),
})
type OrgConfig = z.infer<typeof OrgConfig>

/** Whether tasks of an org that name no peer may go to one. */
export const spillsToPeers = (
  { orgs, placement }: { orgs: Record<string, OrgConfig>; placement: { spillToPeers: boolean } },
  org: string,
): boolean => orgs[org]?.spillToPeers ?? placement.spillToPeers
