import type { ChatMessage } from './chat.ts'
import type { ContextItem, Notice, ToolPart } from './chat-part.ts'

/**
 * What the streams of the chat carry, one JSON text a frame: the AI SDK's UI message stream
 * (`x-vercel-ai-ui-message-stream: v1`). Each frame's `id:` is the number to resume after; the last
 * frame is `[DONE]`. https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
export type ChatChunk =
  /** Always first. */
  | { type: 'start'; messageId: string; messageMetadata: AnswerMetadata }
  | { type: 'start-step' }
  | { type: 'finish-step' }
  | { type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; id: string }
  | { type: 'text-delta' | 'reasoning-delta'; id: string; delta: string }
  /** The model begins to write a call; the name that counts is that of `tool-input-available`. */
  | { type: 'tool-input-start'; toolCallId: string; toolName: string; dynamic: true }
  | { type: 'tool-input-delta'; toolCallId: string; inputTextDelta: string }
  | (ToolNamed & { type: 'tool-input-available' })
  /** The model wrote arguments that cannot be read; the call is not made. */
  | (ToolNamed & { type: 'tool-input-error'; errorText: string })
  /** The call waits for a person: approval_decide answers, here or on any other page. */
  | { type: 'tool-approval-request'; toolCallId: string; approvalId: string }
  | { type: 'tool-approval-response'; approvalId: string; approved: boolean; reason?: string }
  | (ToolEnded & { type: 'tool-output-available'; output: unknown })
  | (ToolEnded & { type: 'tool-output-error'; errorText: string })
  | { type: 'tool-output-denied'; toolCallId: string }
  /** A message of mode `steer` was taken in. */
  | { type: 'steering-message'; id: string; parts: { type: 'text'; text: string }[] }
  | { type: 'data-context'; id: string; data: ContextItem[] }
  | { type: 'data-notice'; id: string; data: Notice }
  /** Says what waits behind the answer, whenever that changes. */
  | { type: 'data-queue'; id: 'queue'; data: Waiting[]; transient: true }
  /** Who answers; again where it turned out to be another. */
  | { type: 'message-metadata'; messageMetadata: Partial<AnswerMetadata> }
  | { type: 'error'; errorText: string }
  /** Somebody stopped it and it has ended, or the hub ends. */
  | { type: 'abort'; reason: string }
  | { type: 'finish'; finishReason: FinishReason; messageMetadata: Partial<AnswerMetadata> }

type ToolMetadata = NonNullable<ToolPart['toolMetadata']>
type ToolNamed = {
  toolCallId: string
  toolName: string
  input: unknown
  dynamic: true
  title?: string
  toolMetadata?: ToolMetadata
}
type ToolEnded = { toolCallId: string; dynamic: true; toolMetadata?: ToolMetadata }

export type Waiting = { message: string; mode: 'queue' | 'steer'; text: string }

export type FinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other'

/**
 * Of the answer. A request that was queued or steered behind a running answer is told so by a stream
 * of a `data-queue` frame alone: the stream of the running answer goes on with it.
 */
export type AnswerMetadata = {
  conversation: string
  title: string
  /** The message that is answered, and the one before it. */
  request: string
  requestParent: string | null
  model?: string
  kind?: 'local' | 'cloud' | 'scripted' | 'tool'
  usage?: NonNullable<ChatMessage['usage']>
  error?: NonNullable<ChatMessage['error']>
  state?: 'done' | 'stopped' | 'interrupted' | 'failed'
  /** The answer that comes next by itself, to a queued request: `GET …/stream` follows it. */
  next?: string
}
