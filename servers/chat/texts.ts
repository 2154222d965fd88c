import type { ChatMessage, ConversationList, ConversationRead } from '../../schemas/chat.ts'
import type { ChatPart } from '../../schemas/chat-part.ts'
import { cutText, instantText, lineText, tableText } from '../kit/table.ts'

const mostChars = 10_000
const resultChars = 400

export const listText = (found: ConversationList): string =>
  tableText(found, {
    id: ({ id }) => id,
    title: ({ title }) => title,
    state: ({ state }) => (state === 'idle' ? '' : state),
    updated: ({ updatedAt }) => instantText(updatedAt),
    org: ({ org }) => org,
    found: ({ found: words }) => words,
  })

/** A page as a model reads it: the newest messages that fit. */
export function conversationText({ conversation, messages, before }: ConversationRead): string {
  const texts: string[] = []
  let left = mostChars
  for (const message of messages.toReversed()) {
    const text = cutText(messageText(message, resultChars), 4000)
    if (text.length > left && texts.length > 0) break
    texts.unshift(text)
    left -= text.length
  }
  const omitted = messages.length - texts.length
  return [
    `${conversation.id}: ${conversation.title}`,
    ...(omitted > 0 ? [`[${omitted} earlier messages are left out; ask for fewer]`] : []),
    ...(before === undefined ? [] : [`before: ${before}`]),
    ...texts,
  ].join('\n\n')
}

/** A message as Markdown; what tools returned is cut to `mostResult` characters. */
export function messageText(message: ChatMessage, mostResult: number): string {
  const { role, model, state, error, createdAt, id } = message
  const who = role === 'user' ? 'Request' : `Answer${model === undefined ? '' : ` (${model})`}`
  const end = state === 'done' ? '' : `, ${state}`
  const body = message.parts.flatMap((part) => partText(part, mostResult))
  const failure = error ? [`> ${error.code}: ${error.message}`] : []
  return [`## ${who}${end}, ${instantText(createdAt)}, ${id}`, ...body, ...failure].join('\n\n')
}

function partText(part: ChatPart, most: number): string[] {
  switch (part.type) {
    case 'text':
      return [part.text]
    case 'reasoning':
    case 'step-start':
    case 'data-page':
      return []
    case 'steering-message':
      return part.parts.map(({ text }) => `> ${text.replaceAll('\n', '\n> ')}`)
    case 'data-mention':
      return [`@${part.data.kind} ${part.data.label ?? part.data.id}`]
    case 'data-attachment':
      return [`Attached: ${part.data.name} (${part.data.sizeBytes} bytes)`]
    case 'data-context':
      return [`Looked up: ${part.data.map(({ kind, id }) => `${kind} ${id}`).join(', ')}`]
    case 'data-notice':
      return [`> ${part.data.text}`]
    case 'dynamic-tool': {
      const { toolName, input, output, errorText, toolMetadata } = part
      const result = errorText ?? toolMetadata?.text ?? JSON.stringify(output ?? null)
      const call = `\`${toolName}\` ${lineText(JSON.stringify(input ?? {}), most)}`
      return [call, ...(result === 'null' ? [] : [fenced(cutText(result, most))])]
    }
  }
}

/** A fence that nothing in the text ends. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}
