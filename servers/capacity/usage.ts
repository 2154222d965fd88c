import { z } from 'zod'
import { Org } from '../../schemas/principal.ts'
import { orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import type { Row } from '../kit/tx.ts'

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
  run: async ({ task, since, org }, ctx) => {
    const orgs = orgFilter(ctx, org)
    const conditions = [
      'at > :since',
      task === undefined ? '' : 'task = :task',
      orgs === undefined ? '' : 'org IN (SELECT value FROM json_each(:orgs))',
    ].filter(Boolean)
    const rows = ctx.store.all<UsageRow>(
      `SELECT provider, model, count(*) AS calls, sum(outcome <> 'ok') AS failed,
         sum(input_tokens) AS input, sum(output_tokens) AS output, avg(latency_ms) AS latency
       FROM model_usage WHERE ${conditions.join(' AND ')} GROUP BY provider, model ORDER BY calls DESC LIMIT 100`,
      {
        since: since ?? 0,
        ...(task === undefined ? {} : { task }),
        ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
      },
    )
    const items = rows.map(({ provider, model, calls, failed, input, output, latency }) => ({
      provider,
      model,
      calls,
      failed,
      inputTokens: input,
      outputTokens: output,
      meanLatencyMs: Math.round(latency),
    }))
    return { items }
  },
})

type UsageRow = Row & {
  provider: string
  model: string
  calls: number
  failed: number
  input: number
  output: number
  latency: number
}
