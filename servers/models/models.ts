import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { z } from 'zod'
import { nanoUsd } from '../kit/budgets/prices.ts'
import { defineTool } from '../kit/tool.ts'
import { estimateTokens } from './estimate.ts'
import { permit } from './metering.ts'
import { settle } from './settlement.ts'

export const modelList = defineTool({
  name: 'model_list',
  title: 'List models',
  description:
    'Lists the language models that can be reached now. "scripted" is a fixed policy for demonstrations, not a language model.',
  effect: 'read',
  scope: 'task:read',
  input: {},
  output: z.object({
    items: z.array(
      z.object({
        name: z.string(),
        provider: z.string(),
        kind: z.enum(['local', 'cloud', 'scripted']),
      }),
    ),
  }),
  run: async (_input, ctx) => ({ items: await ctx.models.list() }),
})

// The prompt and the reply have the shapes of the AI SDK's LanguageModelV4, so that an agent's loop
// works as if the model were its own. The library checks the prompt; here only the border is kept.
const Prompt = z
  .array(z.looseObject({ role: z.enum(['system', 'user', 'assistant', 'tool']) }))
  .min(1)
  .max(5000)

export const modelGenerate = defineTool({
  name: 'model_generate',
  title: 'Call a model',
  description:
    "Makes one completion with a language model, in the AI SDK's LanguageModelV4 form, within the budgets of the task, its plan and the org, and records what it cost. For agents; people use a chat client.",
  effect: 'create',
  scope: 'model:use',
  input: {
    model: z
      .string()
      .max(200)
      .optional()
      .describe('Model as provider/name; default: the configured one'),
    prompt: Prompt.describe('Messages, as LanguageModelV4Prompt'),
    tools: z
      .array(z.looseObject({ type: z.string(), name: z.string() }))
      .max(200)
      .optional()
      .describe('Tools the model may call'),
    max_tokens: z.int().min(1).max(1_000_000).optional().describe('Most tokens to generate'),
    max_output_tokens: z.int().min(1).optional().describe('Older name of max_tokens'),
    temperature: z.number().min(0).max(2).optional().describe('Sampling temperature'),
    tool_choice: z
      .union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: z.string().max(200) })])
      .default('auto')
      .describe('Whether a tool has to be called, and which'),
    top_p: z.number().min(0).max(1).optional().describe('Share of likely tokens to choose from'),
    seed: z.int().optional().describe('Seed of the sampling, where the model takes one'),
    stop: z.array(z.string().max(200)).max(16).optional().describe('Texts that end the answer'),
    json: z
      .strictObject({
        name: z.string().max(200).optional().describe('Name of the schema'),
        schema: z.record(z.string(), z.unknown()).optional().describe('JSON Schema of the answer'),
      })
      .optional()
      .describe('Have the answer be JSON, of this schema where one is given'),
  },
  output: z.object({
    content: z.array(z.looseObject({ type: z.string() })),
    finishReason: z.looseObject({ unified: z.string() }),
    usage: z.object({ inputTokens: z.int(), outputTokens: z.int() }),
    costUsd: z.number().optional().describe('Missing where the price of the model is not known'),
    model: z.string(),
    scripted: z.boolean(),
    fallbacks: z.array(z.object({ model: z.string(), error: z.string() })),
  }),
  run: async ({ model, prompt, tools, temperature, tool_choice: choice, json, ...asked }, ctx) => {
    const { reservation, candidates, maxOutputTokens } = await permit(ctx, {
      candidates: await ctx.models.candidates(model),
      inputTokens: estimateTokens({ prompt, tools }),
      maxOutputTokens: asked.max_tokens ?? asked.max_output_tokens,
    })
    const options = {
      prompt,
      ...(tools
        ? {
            tools,
            toolChoice:
              typeof choice === 'string'
                ? { type: choice }
                : { type: 'tool', toolName: choice.name },
          }
        : {}),
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      ...(temperature === undefined ? {} : { temperature }),
      ...(asked.top_p === undefined ? {} : { topP: asked.top_p }),
      ...(asked.seed === undefined ? {} : { seed: asked.seed }),
      ...(asked.stop === undefined ? {} : { stopSequences: asked.stop }),
      ...(json === undefined ? {} : { responseFormat: { type: 'json', ...json } }),
      abortSignal: ctx.signal,
    } as unknown as LanguageModelV4CallOptions // Checked by the provider library, as said above.
    const startedAt = ctx.now()
    const { onAnswerPart: onPart, clock } = ctx
    const answering = onPart
      ? ctx.models.stream(candidates, options, { clock, onPart })
      : ctx.models.generate(candidates, options, ctx.now)
    const made = await answering.catch(async (error) => {
      const failed = {
        ...{ provider: 'none', model: model ?? 'default' },
        ...{ inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
        latencyMs: ctx.now() - startedAt,
        outcome: 'failed',
      } as const
      await ctx.transaction((tx) => settle(ctx, tx, reservation, failed))
      throw error
    })
    const { content, finishReason, usage } = made.result
    const plain = JSON.parse(JSON.stringify(content)) as Record<string, unknown>[] // Drops what JSON cannot carry.
    const used = {
      inputTokens: usage.inputTokens.total ?? estimateTokens({ prompt, tools }),
      outputTokens: usage.outputTokens.total ?? estimateTokens(plain),
      cachedTokens: usage.inputTokens.cacheRead ?? 0,
    }
    const { provider, latencyMs } = made
    const cost = await ctx.transaction((tx) =>
      settle(ctx, tx, reservation, {
        ...{ ...used, provider, latencyMs },
        ...{ model: made.model, outcome: 'ok' },
      }),
    )
    if (made.broken) throw made.broken
    return {
      content: plain.map((part) => ({ ...part, type: String(part.type) })),
      finishReason: { ...finishReason },
      usage: { inputTokens: used.inputTokens, outputTokens: used.outputTokens },
      ...(cost === undefined ? {} : { costUsd: cost / nanoUsd }),
      model: made.model,
      scripted: made.provider === 'scripted',
      fallbacks: made.fallbacks,
    }
  },
})
