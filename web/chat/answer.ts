import type { ChatPart, ToolPart } from '../../schemas/chat-part.ts'
import type { AnswerMetadata, ChatChunk } from '../../schemas/chat-stream.ts'
import type { ChatMessage } from '../../schemas/chat.ts'

/** A message as the page holds it: what the hub keeps, and who said it while it is being said. */
export type Message = ChatMessage & { kind?: AnswerMetadata['kind'] }

/** The answer with one more part of its stream. Parts that did not change stay the same objects. */
export function withChunk(message: Message, chunk: ChatChunk): Message {
  switch (chunk.type) {
    case 'start':
      return { ...message, ...known(chunk.messageMetadata), state: 'running' }
    case 'message-metadata':
      return { ...message, ...known(chunk.messageMetadata) }
    case 'finish':
      return { ...message, state: 'done', ...known(chunk.messageMetadata) }
    case 'abort':
      return { ...message, state: message.state === 'interrupted' ? 'interrupted' : 'stopped' }
    case 'error':
      return {
        ...message,
        state: 'failed',
        error: message.error ?? { code: 'failed', message: chunk.errorText },
      }
    case 'data-queue':
    case 'finish-step':
      return message
    default: {
      const parts = withPart(message.parts, chunk)
      const waits = parts.some(isAsked)
      return { ...message, parts, state: waits ? 'waiting' : 'running' }
    }
  }
}

type PartChunk = Exclude<
  ChatChunk,
  {
    type: 'start' | 'message-metadata' | 'finish' | 'abort' | 'error' | 'data-queue' | 'finish-step'
  }
>

function withPart(parts: ChatPart[], chunk: PartChunk): ChatPart[] {
  switch (chunk.type) {
    case 'start-step':
      return [...parts, { type: 'step-start' }]
    case 'text-start':
    case 'reasoning-start': {
      const type = chunk.type === 'text-start' ? 'text' : 'reasoning'
      return [...parts, { type, id: chunk.id, text: '', state: 'streaming' }]
    }
    case 'text-delta':
    case 'reasoning-delta':
      return changed(parts, textOf(chunk.id), (part) => ({
        ...part,
        text: part.text + chunk.delta,
      }))
    case 'text-end':
    case 'reasoning-end':
      return changed(parts, textOf(chunk.id), (part) => ({ ...part, state: 'done' as const }))
    case 'tool-approval-response':
      return changed(
        parts,
        (part): part is ToolPart =>
          part.type === 'dynamic-tool' && part.approval?.id === chunk.approvalId,
        (part) => ({
          ...part,
          state: 'approval-responded' as const,
          approval: {
            id: chunk.approvalId,
            approved: chunk.approved,
            ...(chunk.reason === undefined ? {} : { reason: chunk.reason }),
          },
        }),
      )
    case 'steering-message':
      return [...parts, { type: chunk.type, id: chunk.id, parts: chunk.parts }]
    case 'data-context':
      return replaced(parts, { type: chunk.type, id: chunk.id, data: chunk.data })
    case 'data-notice':
      return replaced(parts, { type: chunk.type, id: chunk.id, data: chunk.data })
    default:
      // A kind that a later hub may send is passed over.
      return 'toolCallId' in chunk ? withCall(parts, chunk) : parts
  }
}

/** Data of an id that was there already takes its place. */
function replaced(
  parts: ChatPart[],
  next: Extract<ChatPart, { type: 'data-context' | 'data-notice' }>,
): ChatPart[] {
  const at = parts.findIndex((part) => part.type === next.type && part.id === next.id)
  return at < 0 ? [...parts, next] : parts.with(at, next)
}

type CallChunk = Extract<PartChunk, { toolCallId: string }>

/** The call that a part is about, made where the stream did not name it before. */
function withCall(parts: ChatPart[], chunk: CallChunk): ChatPart[] {
  const isIt = (part: ChatPart): part is ToolPart =>
    part.type === 'dynamic-tool' && part.toolCallId === chunk.toolCallId
  const made: ToolPart = {
    type: 'dynamic-tool',
    toolCallId: chunk.toolCallId,
    toolName: 'toolName' in chunk ? chunk.toolName : '',
    state: 'input-streaming',
  }
  const all = parts.some(isIt) ? parts : [...parts, made]
  return changed(all, isIt, (part) => call(part, chunk))
}

function call(part: ToolPart, chunk: CallChunk): ToolPart {
  const named = {
    ...part,
    ...('toolName' in chunk ? { toolName: chunk.toolName } : {}),
    ...('title' in chunk && chunk.title !== undefined ? { title: chunk.title } : {}),
    ...('toolMetadata' in chunk && chunk.toolMetadata
      ? { toolMetadata: { ...part.toolMetadata, ...chunk.toolMetadata } }
      : {}),
  }
  switch (chunk.type) {
    case 'tool-input-start':
      return { ...named, state: 'input-streaming', input: '' }
    case 'tool-input-delta':
      return {
        ...named,
        input: (typeof part.input === 'string' ? part.input : '') + chunk.inputTextDelta,
      }
    case 'tool-input-available':
      return { ...named, state: 'input-available', input: chunk.input }
    case 'tool-input-error':
      return { ...named, state: 'output-error', input: chunk.input, errorText: chunk.errorText }
    case 'tool-approval-request':
      return { ...named, state: 'approval-requested', approval: { id: chunk.approvalId } }
    case 'tool-output-available':
      return { ...named, state: 'output-available', output: chunk.output }
    case 'tool-output-error':
      return { ...named, state: 'output-error', errorText: chunk.errorText }
    case 'tool-output-denied':
      return { ...named, state: 'output-denied' }
    default:
      return part // A kind that a later hub may send.
  }
}

/** Replaces the last part that fits; the ones before it stay as they are. */
function changed<P extends ChatPart>(
  parts: ChatPart[],
  isIt: (part: ChatPart) => part is P,
  change: (part: P) => ChatPart,
): ChatPart[] {
  const at = parts.findLastIndex(isIt)
  const part = parts[at]
  return part && isIt(part) ? parts.with(at, change(part)) : parts
}

type Said = Extract<ChatPart, { type: 'text' | 'reasoning' }>
const textOf =
  (id: string) =>
  (part: ChatPart): part is Said =>
    (part.type === 'text' || part.type === 'reasoning') && part.id === id
const isAsked = (part: ChatPart) =>
  part.type === 'dynamic-tool' && part.state === 'approval-requested'

/** What the stream says about an answer that belongs to the message itself. */
function known({ model, kind, usage, error, state }: Partial<AnswerMetadata>): Partial<Message> {
  return {
    ...(model === undefined ? {} : { model }),
    ...(kind === undefined ? {} : { kind }),
    ...(usage === undefined ? {} : { usage }),
    ...(error === undefined ? {} : { error }),
    ...(state === undefined ? {} : { state }),
  }
}
