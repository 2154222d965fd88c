import { z } from 'zod'
import type { ChatMessage, ChatMessageState } from '../../../schemas/chat.ts'
import { ChatMessage as Message } from '../../../schemas/chat.ts'
import type { ChatPart } from '../../../schemas/chat-part.ts'
import { ChatPart as Part } from '../../../schemas/chat-part.ts'
import type { Reader, Row, SqlValue, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

export type MessageRow = Row & {
  id: string
  conversation: string
  parent: string | null
  role: ChatMessage['role']
  state: ChatMessageState
  parts: string
  seq: number
  words: string
  asked: string | null
  owner: string
  request_key: string | null
  model: string | null
  usage: string | null
  error: string | null
  created_at: number
  ended_at: number | null
}

/** Where a message stands in the tree. */
export type Place = Row & {
  id: string
  parent: string | null
  role: ChatMessage['role']
  state: ChatMessageState
}

const Parts = z.array(Part)
const { usage: Usage, error: Failure } = Message.shape

export const partsOf = ({ parts }: Pick<MessageRow, 'parts'>): ChatPart[] =>
  Parts.parse(JSON.parse(parts))

export const toMessage = (row: MessageRow, siblings: string[]): ChatMessage => ({
  id: row.id,
  parent: row.parent,
  role: row.role,
  state: row.state,
  parts: partsOf(row),
  after: row.seq,
  siblings,
  ...(row.model === null ? {} : { model: row.model }),
  ...(row.error === null ? {} : { error: Failure.parse(JSON.parse(row.error)) }),
  ...(row.usage === null ? {} : { usage: Usage.parse(JSON.parse(row.usage)) }),
  createdAt: row.created_at,
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
})

/** The tree of a conversation, without what was said, oldest first. */
export const readPlaces = (reader: Reader, conversation: string): Promise<Place[]> =>
  reader.all<Place>(
    'SELECT id, parent, role, state FROM chat_messages WHERE conversation = :conversation ORDER BY id',
    { conversation },
  )

export const countMessages = async (reader: Reader, conversation: string): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      'SELECT count(*) AS count FROM chat_messages WHERE conversation = :conversation',
      { conversation },
    )
  )?.count ?? 0

/** The messages with these ids, oldest first. */
export const readMessages = (
  reader: Reader,
  conversation: string,
  ids: string[],
): Promise<MessageRow[]> =>
  reader.all<MessageRow>(
    `SELECT * FROM chat_messages WHERE conversation = :conversation AND id ${anyOf('ids')} ORDER BY id`,
    { conversation, ids: JSON.stringify(ids) },
  )

export const readMessage = (reader: Reader, id: string): Promise<MessageRow | undefined> =>
  reader.get<MessageRow>('SELECT * FROM chat_messages WHERE id = :id', { id })

/** The request that its caller gave this key. */
export const findByKey = (
  reader: Reader,
  owner: string,
  key: string,
): Promise<MessageRow | undefined> =>
  reader.get<MessageRow>(
    'SELECT * FROM chat_messages WHERE owner = :owner AND request_key = :key',
    { owner, key },
  )

/** What waits behind the answer that is under way, oldest first. */
export const waitingMessages = (reader: Reader, conversation: string): Promise<MessageRow[]> =>
  reader.all<MessageRow>(
    `SELECT * FROM chat_messages WHERE conversation = :conversation AND state IN ('queued', 'steering')
     ORDER BY id`,
    { conversation },
  )

/** Conversations in which something waits, for a hub that starts. */
export const conversationsThatWait = async (reader: Reader): Promise<string[]> =>
  (
    await reader.all<{ conversation: string }>(
      `SELECT DISTINCT conversation FROM chat_messages WHERE state IN ('queued', 'steering')
       ORDER BY conversation`,
    )
  ).map(({ conversation }) => conversation)

type NewMessage = Pick<
  MessageRow,
  'id' | 'conversation' | 'parent' | 'role' | 'state' | 'owner'
> & {
  parts: ChatPart[]
  asked?: object | undefined
  key?: string | undefined
}

export const insertMessage = (tx: Transaction, message: NewMessage): Promise<void> =>
  tx.insert('chat_messages', {
    id: message.id,
    conversation: message.conversation,
    parent: message.parent,
    role: message.role,
    state: message.state,
    parts: JSON.stringify(message.parts),
    words: wordsOf(message.parts),
    asked: message.asked === undefined ? null : JSON.stringify(message.asked),
    owner: message.owner,
    request_key: message.key ?? null,
    created_at: tx.now,
  })

/** Brings what is kept of an answer up to date; false where the message is not there any more. */
export async function saveAnswer(
  tx: Transaction,
  id: string,
  answer: {
    state: ChatMessageState
    parts: ChatPart[]
    seq: number
    model: string | undefined
    usage: ChatMessage['usage']
    error: ChatMessage['error']
    /** Whether nothing will come any more; then how it was asked is forgotten. */
    isEnded: boolean
  },
): Promise<boolean> {
  const { state, parts, seq, model, usage, error, isEnded } = answer
  const json = (value: unknown): SqlValue => (value === undefined ? null : JSON.stringify(value))
  const changed = await tx.run(
    `UPDATE chat_messages SET state = :state, parts = :parts, seq = :seq, words = :words, model = :model,
       usage = :usage, error = :error, ended_at = :endedAt,
       asked = CASE WHEN :isEnded = 1 THEN NULL ELSE asked END WHERE id = :id`,
    {
      ...{ id, state, parts: JSON.stringify(parts), seq, words: wordsOf(parts) },
      ...{ model: model ?? null, usage: json(usage), error: json(error) },
      ...{ isEnded: isEnded ? 1 : 0, endedAt: isEnded ? tx.now : null },
    },
  )
  return changed > 0
}

/** Has a request that waited follow a message, and be answered. */
export async function admitRequest(
  tx: Transaction,
  id: string,
  parent: string | null,
): Promise<void> {
  await tx.run(
    `UPDATE chat_messages SET state = 'done', parent = :parent, asked = NULL WHERE id = :id`,
    { id, parent },
  )
}

export async function deleteMessages(tx: Transaction, ids: string[]): Promise<void> {
  await tx.run(`DELETE FROM chat_messages WHERE id ${anyOf('ids')}`, { ids: JSON.stringify(ids) })
}

const searchedChars = 8000

/** What of a message can be searched, in lower case: what was written, not what tools returned. */
const wordsOf = (parts: ChatPart[]): string =>
  parts
    .flatMap((part) =>
      part.type === 'text'
        ? [part.text]
        : part.type === 'data-attachment'
          ? [part.data.name]
          : part.type === 'steering-message'
            ? part.parts.map(({ text }) => text)
            : [],
    )
    .join('\n')
    .slice(0, searchedChars)
    .toLowerCase()
