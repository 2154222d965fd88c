import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { toldCall } from './metering.ts'
import { settle } from './settlement.ts'

const tokens = z.int().min(0).max(1_000_000_000)

export const usageReport = defineTool({
  name: 'usage_report',
  title: 'Report model usage',
  description:
    'Records what a turn of an external agent used, as the agent itself counted it, where its model calls do not go through the hub. Calls of model_generate are recorded by themselves.',
  effect: 'create',
  scope: 'task:work',
  input: {
    runner: z.string().max(60).describe('Runner that called the model'),
    model: z.string().min(1).max(200).describe('Model as the agent names it'),
    input_tokens: tokens.describe('Tokens that were sent'),
    output_tokens: tokens.describe('Tokens that were generated'),
    latency_ms: z.int().min(0).max(86_400_000).describe('How long the turn took'),
  },
  output: z.object({ usage: z.string().describe('Id of the record') }),
  run: async ({ runner, model, ...used }, ctx) => {
    const { task, id: principal } = ctx.principal
    if (task === undefined) {
      throw new HubError('denied', `${principal} works on no task whose usage it could report`, {
        hint: 'Use the credential that task_claim returned.',
      })
    }
    return ctx.transaction(async (tx) => {
      const call = await toldCall(ctx, tx, model)
      await settle(ctx, tx, call, {
        provider: `runner/${runner}`,
        model,
        inputTokens: used.input_tokens,
        outputTokens: used.output_tokens,
        cachedTokens: 0,
        latencyMs: used.latency_ms,
        outcome: 'ok',
      })
      return { usage: call.id }
    })
  },
})
