import type { ChatMessage } from '../../schemas/chat.ts'
import type { ChatPart } from '../../schemas/chat-part.ts'
import type { AnswerMetadata, ChatChunk } from '../../schemas/chat-stream.ts'

/** The stream that gives these parts, for a reader who has seen nothing of it or too little. */
export function* replayed(
  message: string,
  metadata: AnswerMetadata,
  parts: readonly ChatPart[],
): Generator<ChatChunk> {
  yield { type: 'start', messageId: message, messageMetadata: metadata }
  let isInStep = false
  for (const part of parts) {
    if (part.type === 'step-start') {
      if (isInStep) yield { type: 'finish-step' }
      isInStep = true
    }
    yield* chunksOf(part)
  }
}

/** How the stream of an answer that has ended ends. */
export function* ending({
  state,
  error,
}: Pick<ChatMessage, 'state' | 'error'>): Generator<ChatChunk> {
  if (error) yield { type: 'error', errorText: error.message }
  if (state === 'stopped' || state === 'interrupted') yield { type: 'abort', reason: state }
  const ended =
    state === 'stopped' || state === 'interrupted' || state === 'failed' ? state : 'done'
  yield {
    type: 'finish',
    finishReason: ended === 'done' ? 'stop' : ended === 'failed' ? 'error' : 'other',
    messageMetadata: { state: ended, ...(error ? { error } : {}) },
  }
}

function* chunksOf(part: ChatPart): Generator<ChatChunk> {
  switch (part.type) {
    case 'step-start':
      yield { type: 'start-step' }
      return
    case 'text':
    case 'reasoning': {
      const { type, id, text, state } = part
      yield { type: `${type}-start`, id }
      yield { type: `${type}-delta`, id, delta: text }
      if (state === 'done') yield { type: `${type}-end`, id }
      return
    }
    case 'steering-message':
    case 'data-context':
    case 'data-notice':
      yield part
      return
    case 'dynamic-tool': {
      const { toolCallId, toolName, input, title, toolMetadata, approval, state } = part
      const known = {
        toolCallId,
        dynamic: true as const,
        ...(toolMetadata ? { toolMetadata } : {}),
      }
      if (state === 'input-streaming') {
        yield { type: 'tool-input-start', toolCallId, toolName, dynamic: true }
        return
      }
      yield { type: 'tool-input-available', ...known, toolName, input, ...(title ? { title } : {}) }
      if (approval) {
        const { id: approvalId, approved, reason } = approval
        yield { type: 'tool-approval-request', toolCallId, approvalId }
        if (approved !== undefined)
          yield {
            type: 'tool-approval-response',
            approvalId,
            approved,
            ...(reason ? { reason } : {}),
          }
      }
      if (state === 'output-available')
        yield { type: 'tool-output-available', ...known, output: part.output }
      if (state === 'output-error')
        yield { type: 'tool-output-error', ...known, errorText: part.errorText ?? '' }
      if (state === 'output-denied') yield { type: 'tool-output-denied', toolCallId }
      return
    }
    case 'data-attachment':
    case 'data-mention':
    case 'data-page':
      return // Of a request, which is not streamed.
  }
}
