import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
} from '@ai-sdk/provider'
import { HubError } from '../schemas/errors.ts'
import type { Lease } from './lease.ts'

type Generated = {
  content: LanguageModelV4GenerateResult['content']
  finishReason: LanguageModelV4GenerateResult['finishReason']
  usage: { inputTokens: number; outputTokens: number }
  model: string
  scripted: boolean
}

const modelTimeoutMs = 600_000

/** A language model behind the hub: no key reaches the agent, and every call is on record there. */
export function hubModel(
  { hub, measures }: Pick<Lease, 'hub' | 'measures'>,
  name: string | undefined,
  onAnswer: (answer: Generated) => Promise<void>,
): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'switchyard',
    modelId: name ?? 'default',
    supportedUrls: {},
    doGenerate: async ({
      prompt,
      tools,
      maxOutputTokens,
      temperature,
      abortSignal,
    }: LanguageModelV4CallOptions) => {
      const asked = hub.call<Generated>(
        'model_generate',
        {
          prompt,
          ...(name === undefined ? {} : { model: name }),
          ...(tools ? { tools } : {}),
          ...(maxOutputTokens === undefined ? {} : { max_tokens: maxOutputTokens }),
          ...(temperature === undefined ? {} : { temperature }),
        },
        { signal: abortSignal, timeoutMs: modelTimeoutMs },
      )
      const answer = await measures.modelCall(asked)
      await onAnswer(answer)
      const { inputTokens: input, outputTokens: output } = answer.usage
      return {
        content: answer.content,
        finishReason: answer.finishReason,
        usage: {
          inputTokens: {
            total: input,
            noCache: undefined,
            cacheRead: undefined,
            cacheWrite: undefined,
          },
          outputTokens: { total: output, text: undefined, reasoning: undefined },
        },
        warnings: [],
      }
    },
    doStream: async () => {
      throw new HubError('unsupported', 'the agent does not stream')
    },
  }
}
