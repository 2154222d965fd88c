import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'
import type { HubError } from '../../../schemas/errors.ts'

/** A piece of an answer while it comes, for who listens. */
export type AnswerPart =
  | Extract<
      LanguageModelV4StreamPart,
      {
        type:
          | 'text-start'
          | 'text-delta'
          | 'text-end'
          | 'reasoning-start'
          | 'reasoning-delta'
          | 'reasoning-end'
          | 'tool-input-start'
          | 'tool-input-delta'
          | 'tool-call'
      }
    >
  /** Which model answers, before its first piece, and those that were asked before it. */
  | { type: 'answering'; model: string; fallbacks: { model: string; error: string }[] }

const heard = new Set<string>([
  'text-start',
  'text-delta',
  'text-end',
  'reasoning-start',
  'reasoning-delta',
  'reasoning-end',
  'tool-input-start',
  'tool-input-delta',
  'tool-call',
])

export const isHeard = (part: LanguageModelV4StreamPart): part is AnswerPart & typeof part =>
  heard.has(part.type)

/** An answer as it has come so far; `broken` says why no more of it will. */
export type StreamedAnswer = { result: LanguageModelV4GenerateResult; broken?: HubError }

/** Puts the pieces of an answer together to what would have come at once. */
export class AnswerSoFar {
  readonly content: LanguageModelV4Content[] = []
  /** Characters of text and arguments. */
  chars = 0
  finish: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined
  readonly #open = new Map<string, { type: 'text' | 'reasoning'; text: string }>()

  add(part: LanguageModelV4StreamPart): void {
    if (part.type === 'text-start') this.#start('text', part.id)
    else if (part.type === 'reasoning-start') this.#start('reasoning', part.id)
    else if (part.type === 'text-delta') this.#grow('text', part)
    else if (part.type === 'reasoning-delta') this.#grow('reasoning', part)
    else if (part.type === 'tool-input-delta') this.chars += part.delta.length
    else if (part.type === 'tool-call') this.content.push(part)
    else if (part.type === 'finish') this.finish = part
  }

  #grow(type: 'text' | 'reasoning', { id, delta }: { id: string; delta: string }): void {
    const open = this.#open.get(`${type} ${id}`) ?? this.#start(type, id)
    open.text += delta
    this.chars += delta.length
  }

  #start(type: 'text' | 'reasoning', id: string): { type: 'text' | 'reasoning'; text: string } {
    const piece = { type, text: '' }
    this.#open.set(`${type} ${id}`, piece)
    this.content.push(piece)
    return piece
  }

  /** What has come; nothing is known of what it cost where its end is missing. */
  result(): LanguageModelV4GenerateResult {
    const { content, finish } = this
    const unknown = { noCache: undefined, cacheRead: undefined, cacheWrite: undefined }
    return {
      content,
      finishReason: finish?.finishReason ?? { unified: 'error', raw: undefined },
      usage: finish?.usage ?? {
        inputTokens: { total: undefined, ...unknown },
        outputTokens: { total: undefined, text: undefined, reasoning: undefined },
      },
      warnings: [],
    }
  }
}
