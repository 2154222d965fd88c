import type {
  LanguageModelV4,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'
import { chatMove, isChatting } from './scripted-chat.ts'
import type { Transcript } from './scripted-transcript.ts'
import { readTranscript } from './scripted-transcript.ts'
import { isPlanning, planText } from './scripted-plan.ts'
import type { Move } from './scripted-repair.ts'
import { nextMove } from './scripted-repair.ts'
import { isReview, reviewMove } from './scripted-review.ts'

/**
 * A model that is no model: a fixed policy that reacts to what the tools return. It serves the
 * demonstration and tests, offline. It is called `scripted` wherever its work shows.
 */
export const scriptedModel: LanguageModelV4 = {
  specificationVersion: 'v4',
  provider: 'scripted',
  modelId: 'scripted',
  supportedUrls: {},
  doGenerate: async ({ prompt }) => {
    const transcript = readTranscript(prompt)
    const move = moveOf(transcript)
    const content: LanguageModelV4GenerateResult['content'] = [{ type: 'text', text: move.thought }]
    if (move.call) {
      content.push({
        type: 'tool-call',
        toolCallId: `scripted-${transcript.calls.length + 1}`,
        toolName: move.call.tool,
        input: JSON.stringify(move.call.args),
      })
    }
    return {
      content,
      finishReason: { unified: move.call ? 'tool-calls' : 'stop', raw: 'scripted' },
      usage: {
        inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 0, text: 0, reasoning: 0 },
      },
      warnings: [],
    }
  },
  doStream: async (options) => {
    const answer = await scriptedModel.doGenerate(options)
    const stream = new ReadableStream<LanguageModelV4StreamPart>({
      start(controller) {
        for (const piece of piecesOf(answer)) controller.enqueue(piece)
        controller.close()
      },
    })
    return { stream }
  },
}

/** The answer as a model that streams would have sent it: some words at a time. */
function* piecesOf({
  content,
  finishReason,
  usage,
}: LanguageModelV4GenerateResult): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] }
  for (const part of content) {
    if (part.type === 'tool-call') yield part
    if (part.type !== 'text') continue
    yield { type: 'text-start', id: 'text' }
    for (const [delta] of part.text.matchAll(/(?:\s*\S+){1,4}\s*$|(?:\s*\S+){1,4}/g))
      yield { type: 'text-delta', id: 'text', delta }
    yield { type: 'text-end', id: 'text' }
  }
  yield { type: 'finish', finishReason, usage }
}

function moveOf(transcript: Transcript): Move {
  if (isChatting(transcript)) return chatMove(transcript)
  if (isPlanning(transcript)) return { thought: planText(transcript) }
  return isReview(transcript) ? reviewMove(transcript) : nextMove(transcript)
}
