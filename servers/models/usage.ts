import { z } from 'zod'
import { Org } from '../../schemas/principal.ts'
import { orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { sumUsage } from './store/usage.ts'

const Usage = z.object({
  provider: z.string(),
  model: z.string(),
  calls: z.int(),
  failed: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  meanLatencyMs: z.int(),
})

export const usageRead = defineTool({
  name: 'usage_read',
  title: 'Read model usage',
  description:
    'Sums model calls, tokens and latency by model, for an org, a task, or a span of time. Use capacity_read for the machine.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    task: z.string().max(60).optional().describe('Only calls for this task'),
    since: z.int().optional().describe('Only calls after this instant, in epoch milliseconds'),
    org: Org.optional().describe('Only this org'),
  },
  output: z.object({ items: z.array(Usage) }),
  run: async ({ task, since, org }, ctx) => ({
    items: await sumUsage(ctx.reader, { task, since: since ?? 0, orgs: orgFilter(ctx, org) }),
  }),
})
