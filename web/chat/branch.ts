import type { ChatPart } from '../../schemas/chat-part.ts'
import type { AnswerMetadata, Waiting } from '../../schemas/chat-stream.ts'
import type { Message } from './answer.ts'
import { keptAs } from './attachments.ts'
import type { Say } from './requests.ts'

/** What a message is called until the hub has named it. */
export const unnamed = 'new'

/** The branch with what is being said at its end; an edit or a second answer leaves off what followed. */
export function withSaid(branch: Message[], say: Say, now: number): Message[] {
  if (say.trigger === 'regenerate') {
    const at = branch.findIndex(({ id }) => id === say.parent)
    return branch.slice(0, branch[at]?.role === 'assistant' ? at : at + 1)
  }
  const kept =
    say.parent === undefined ? branch : upTo(branch, say.parent === null ? undefined : say.parent)
  return [...kept, request(unnamed, kept.at(-1)?.id ?? null, partsOf(say), now)]
}

type Begun = { answer: string; metadata: AnswerMetadata; waiting: Waiting[]; now: number }

/** The branch as a new answer begins: its request has its name, and the answer stands empty behind it. */
export function withStart(branch: Message[], { answer, metadata, waiting, now }: Begun): Message[] {
  if (branch.some(({ id }) => id === answer)) return branch
  const { request: id, requestParent } = metadata
  const known = branch.find((message) => message.id === id || message.id === unnamed)
  const waited = waiting.find(({ message }) => message === id)
  const text: ChatPart = { type: 'text', id, text: waited?.text ?? '', state: 'done' }
  const asked = known
    ? { ...known, id, parent: requestParent }
    : request(id, requestParent, [text], now)
  const before = upTo(
    branch.filter((message) => message !== known),
    requestParent ?? undefined,
  )
  return [
    ...before,
    asked,
    { ...request(answer, id, [], now), role: 'assistant', state: 'running' },
  ]
}

function upTo(branch: Message[], id: string | undefined): Message[] {
  if (id === undefined) return []
  const at = branch.findIndex((message) => message.id === id)
  return at < 0 ? branch : branch.slice(0, at + 1)
}

const request = (id: string, parent: string | null, parts: ChatPart[], now: number): Message => ({
  id,
  parent,
  role: 'user',
  state: 'done',
  parts,
  after: 0,
  siblings: [id],
  createdAt: now,
})

function partsOf({ message, page }: Say): ChatPart[] {
  const { text = '', attachments = [], mentions = [] } = message ?? {}
  return [
    { type: 'text', id: unnamed, text, state: 'done' },
    ...attachments.map((data): ChatPart => ({ type: 'data-attachment', data: keptAs(data) })),
    ...mentions.map((data): ChatPart => ({ type: 'data-mention', data })),
    ...(page ? [{ type: 'data-page', data: page } as const] : []),
  ]
}

/** What of a branch waits for the answer that is under way. */
export const waitingIn = (messages: Message[]): Waiting[] =>
  messages
    .filter(({ role, state }) => role === 'user' && (state === 'queued' || state === 'steering'))
    .map(({ id, state, parts }) => ({
      message: id,
      mode: state === 'steering' ? 'steer' : 'queue',
      text: parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'),
    }))
