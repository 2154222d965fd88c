import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { Quota } from '../../schemas/quota.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { quotaOf, quotaUse } from './quota-rules.ts'
import { listLiveOf } from './store/occupied.ts'
import { readSetQuota, setQuota } from './store/quotas.ts'

const QuotaState = z.object({
  org: z.string(),
  limits: Quota.describe('What holds now; what is not named is not limited'),
  from: z.enum(['set', 'configured', 'none']).describe('quota_set, switchyard.json, or neither'),
  by: z.string().optional().describe('Who set it'),
  at: z.int().optional(),
  used: z.object({
    pods: z.int(),
    cpus: z.number(),
    memoryMb: z.int(),
    gpus: z.int(),
    templates: z.record(z.string(), z.int()),
  }),
})

const org = Org.optional().describe('Org whose quota it is; default: your own')

export const quotaRead = defineTool({
  name: 'quota_read',
  title: 'Read a quota',
  description:
    'Shows what the pods of an org may have at a time over all clusters, and what they have now. Use budget_read for money and model calls, placement_explain for why a task waits.',
  effect: 'read',
  scope: 'cluster:read',
  input: { org },
  output: QuotaState,
  run: (input, ctx) => readState(ctx, orgFor(ctx, input.org)),
})

export const quotaSet = defineTool({
  name: 'quota_set',
  title: 'Set a quota',
  description:
    'Says what the pods of an org may have at a time, in place of what is configured; pods that run stay. `limits` is the whole quota. Use budget_set for money and model calls.',
  effect: 'update',
  scope: 'cluster:write',
  idempotent: true,
  input: {
    org,
    limits: Quota.optional().describe('The quota; what is not named is not limited'),
    reset: z.boolean().default(false).describe('Go back to what is configured'),
  },
  output: QuotaState,
  run: async ({ limits, reset, ...input }, ctx) => {
    if ((limits === undefined) !== reset)
      throw new HubError('invalid', 'quota_set needs either `limits` or `reset`')
    const of = orgFor(ctx, input.org)
    await setQuota(ctx, of, { limits: limits ?? null, by: ctx.principal.id })
    return readState(ctx, of)
  },
})

async function readState(ctx: Context, of: string): Promise<z.infer<typeof QuotaState>> {
  const set = await readSetQuota(ctx.reader, of)
  const limits = quotaOf(ctx.config.file, of, set)
  const isConfigured = Object.keys(limits).length > 0
  return {
    org: of,
    limits,
    from: set ? 'set' : isConfigured ? 'configured' : 'none',
    ...(set ? { by: set.by, at: set.at } : {}),
    used: quotaUse(await listLiveOf(ctx.reader, of)),
  }
}
