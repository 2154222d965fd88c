import type { ChatPart, ToolPart } from '../../schemas/chat-part.ts'
import type { ChatChunk } from '../../schemas/chat-stream.ts'

type ToolChunk = Extract<
  ChatChunk,
  {
    type:
      | `tool-${'approval' | 'output'}-${string}`
      | `tool-input-${'start' | 'available' | 'error'}`
  }
>

/** Adds a piece of the stream to the parts of its message: what is kept is what was streamed. */
export function assemble(parts: ChatPart[], chunk: ChatChunk): void {
  switch (chunk.type) {
    case 'start-step':
      parts.push({ type: 'step-start' })
      return
    case 'text-start':
      parts.push({ type: 'text', id: chunk.id, text: '', state: 'streaming' })
      return
    case 'reasoning-start':
      parts.push({ type: 'reasoning', id: chunk.id, text: '', state: 'streaming' })
      return
    case 'text-delta':
    case 'reasoning-delta': {
      const part = streamed(parts, chunk.id)
      if (part) part.text += chunk.delta
      return
    }
    case 'text-end':
    case 'reasoning-end': {
      const part = streamed(parts, chunk.id)
      if (part) part.state = 'done'
      return
    }
    case 'steering-message':
    case 'data-notice':
    case 'data-context':
      parts.push(chunk)
      return
    case 'tool-input-start':
    case 'tool-input-available':
    case 'tool-input-error':
    case 'tool-approval-request':
    case 'tool-approval-response':
    case 'tool-output-available':
    case 'tool-output-error':
    case 'tool-output-denied':
      assembleTool(parts, chunk)
      return
    case 'start':
    case 'finish-step':
    case 'tool-input-delta':
    case 'data-queue':
    case 'message-metadata':
    case 'error':
    case 'abort':
    case 'finish': // What is kept of these stands beside the parts.
  }
}

function assembleTool(parts: ChatPart[], chunk: ToolChunk): void {
  switch (chunk.type) {
    case 'tool-input-start': {
      const { toolCallId, toolName } = chunk
      parts.push({ type: 'dynamic-tool', toolCallId, toolName, state: 'input-streaming' })
      return
    }
    case 'tool-input-available':
    case 'tool-input-error': {
      const { type, toolCallId, toolName, input, title, toolMetadata } = chunk
      const known = {
        toolName,
        input,
        ...(title ? { title } : {}),
        ...(toolMetadata ? { toolMetadata } : {}),
      }
      const part = toolPart(parts, toolCallId) ?? begin(parts, toolCallId, toolName)
      if (type === 'tool-input-available') Object.assign(part, known, { state: 'input-available' })
      else Object.assign(part, known, { state: 'output-error', errorText: chunk.errorText })
      return
    }
    case 'tool-approval-request': {
      const approval = { id: chunk.approvalId }
      change(parts, chunk.toolCallId, { state: 'approval-requested', approval })
      return
    }
    case 'tool-approval-response': {
      const part = parts.find(
        (one) => one.type === 'dynamic-tool' && one.approval?.id === chunk.approvalId,
      )
      const { approvalId: id, approved, reason } = chunk
      if (part)
        Object.assign(part, {
          state: 'approval-responded',
          approval: { id, approved, ...(reason ? { reason } : {}) },
        })
      return
    }
    case 'tool-output-available': {
      const { toolMetadata, output } = chunk
      change(parts, chunk.toolCallId, { state: 'output-available', output, toolMetadata })
      return
    }
    case 'tool-output-error': {
      const { toolMetadata, errorText } = chunk
      change(parts, chunk.toolCallId, { state: 'output-error', errorText, toolMetadata })
      return
    }
    case 'tool-output-denied':
      change(parts, chunk.toolCallId, { state: 'output-denied' })
  }
}

function begin(parts: ChatPart[], toolCallId: string, toolName: string): ToolPart {
  const part: ToolPart = { type: 'dynamic-tool', toolCallId, toolName, state: 'input-available' }
  parts.push(part)
  return part
}

function change(
  parts: ChatPart[],
  id: string,
  { toolMetadata, ...fields }: { [Field in keyof ToolPart]?: ToolPart[Field] | undefined },
): void {
  const part = toolPart(parts, id)
  if (!part) return
  Object.assign(part, fields)
  if (toolMetadata) part.toolMetadata = { ...part.toolMetadata, ...toolMetadata }
}

const toolPart = (parts: ChatPart[], id: string): ToolPart | undefined =>
  parts.find((part): part is ToolPart => part.type === 'dynamic-tool' && part.toolCallId === id)

/** The part that a delta belongs to: nearly always the last one. */
const streamed = (parts: ChatPart[], id: string) =>
  parts.findLast(
    (part): part is Extract<ChatPart, { type: 'text' | 'reasoning' }> =>
      (part.type === 'text' || part.type === 'reasoning') && part.id === id,
  )

export const outcomeLost =
  'The hub ended while this call was being made: what came of it is unknown.'

/** Ends what was open in the parts of an answer that nobody goes on with. */
export function closeParts(parts: ChatPart[]): void {
  for (const part of parts) {
    if ((part.type === 'text' || part.type === 'reasoning') && part.state === 'streaming')
      part.state = 'done'
    if (part.type !== 'dynamic-tool' || part.state.startsWith('output-')) continue
    const isMade = part.toolMetadata?.startedAt !== undefined && part.approval?.approved !== false
    part.state = 'output-error'
    part.errorText = isMade ? outcomeLost : 'This call was not made: the answer ended before.'
  }
}

/** What a person wrote in a message. */
export const textOf = (parts: readonly ChatPart[]): string =>
  parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
