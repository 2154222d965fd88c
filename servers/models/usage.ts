import { z } from 'zod'
import { Org } from '../../schemas/principal.ts'
import { nanoUsd } from '../kit/budgets/prices.ts'
import { orgFilter } from '../kit/context.ts'
import { tableText } from '../kit/table.ts'
import { defineTool } from '../kit/tool.ts'
import type { Sum } from './store/usage.ts'
import { groupings, sumUsage } from './store/usage.ts'

const Usage = z.object({
  provider: z.string().optional(),
  model: z.string().optional(),
  org: z.string().optional(),
  task: z.string().optional(),
  plan: z.string().optional(),
  day: z.string().optional().describe('Of UTC'),
  calls: z.int(),
  failed: z.int().describe('Of these, without an answer on record'),
  inputTokens: z.int(),
  outputTokens: z.int(),
  costUsd: z.number().describe('Of the calls whose cost is known'),
  unpriced: z.int().describe('Calls whose cost is not known'),
  meanLatencyMs: z.int(),
})
type Usage = z.infer<typeof Usage>

export const usageRead = defineTool({
  name: 'usage_read',
  title: 'Read model usage',
  description:
    'Sums model calls, tokens, cost and latency by model, org, task, plan or day. Use budget_read for what may still be spent, and capacity_read for the machine.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    by: z.enum(groupings).default('model').describe('What to sum by'),
    task: z.string().max(60).optional().describe('Only calls for this task'),
    plan: z.string().max(60).optional().describe('Only calls for tasks of this plan'),
    model: z.string().max(200).optional().describe('Only calls of this model'),
    since: z.int().optional().describe('Only calls after this instant, in epoch milliseconds'),
    org: Org.optional().describe('Only this org'),
    limit: z.int().min(1).max(200).default(50).describe('Most lines to return'),
  },
  output: z.object({ items: z.array(Usage) }),
  text: ({ items }) =>
    tableText(
      { items },
      {
        day: ({ day }) => day,
        model: ({ model }) => model,
        org: ({ org }) => org,
        task: ({ task }) => task,
        plan: ({ plan }) => plan,
        calls: ({ calls }) => calls,
        failed: ({ failed }) => (failed === 0 ? '' : failed),
        in: ({ inputTokens }) => inputTokens,
        out: ({ outputTokens }) => outputTokens,
        'cost in USD': costText,
        'ms each': ({ meanLatencyMs }) => meanLatencyMs,
      },
    ),
  run: async ({ by, since, org, ...only }, ctx) => {
    const { task, plan, model, limit } = only
    const orgs = orgFilter(ctx, org)
    const sums = await sumUsage(ctx.reader, {
      ...{ by, orgs, limit, task, plan, model },
      since: since ?? 0,
    })
    return { items: sums.map((sum) => toUsage(by, sum)) }
  },
})

const toUsage = (by: string, { group, provider, cost, ...sum }: Sum): Usage => ({
  ...sum,
  ...(group === undefined ? {} : { [by]: group }),
  ...(provider === '' ? {} : { provider }),
  costUsd: cost / nanoUsd,
})

/** A sum that leaves something out says so. */
function costText({ costUsd, unpriced, calls }: Usage): string {
  if (unpriced === calls) return 'unknown'
  const known = costUsd === 0 ? '0' : costUsd.toPrecision(6)
  return unpriced === 0 ? known : `${known} and ${unpriced} calls of unknown cost`
}
