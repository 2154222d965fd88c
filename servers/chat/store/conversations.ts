import type { Conversation } from '../../../schemas/chat.ts'
import { pageOf } from '../../kit/page.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'

export type ConversationRow = Row & {
  id: string
  org: string
  owner: string
  title: string
  model: string | null
  head: string | null
  running: string | null
  created_at: number
  updated_at: number
  /** State of the answer that is under way; only where it was asked for. */
  state: 'running' | 'waiting' | null
}

export const toConversation = (row: ConversationRow): Conversation => ({
  id: row.id,
  org: row.org,
  title: row.title,
  ...(row.model === null ? {} : { model: row.model }),
  ...(row.head === null ? {} : { head: row.head }),
  state: row.running === null ? 'idle' : (row.state ?? 'running'),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const columns = `c.id, c.org, c.owner, c.title, c.model, c.head, c.running, c.created_at, c.updated_at,
  (SELECT m.state FROM chat_messages m WHERE m.id = c.running) AS state`

export const readConversation = (
  reader: Reader,
  id: string,
): Promise<ConversationRow | undefined> =>
  reader.get<ConversationRow>(`SELECT ${columns} FROM conversations c WHERE c.id = :id`, { id })

/** Those whose answer was under way when an earlier process ended. */
export const runningConversations = (reader: Reader): Promise<ConversationRow[]> =>
  reader.all<ConversationRow>(
    `SELECT ${columns} FROM conversations c WHERE c.running IS NOT NULL ORDER BY c.id`,
  )

export const countConversations = async (reader: Reader, owner: string): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      'SELECT count(*) AS count FROM conversations WHERE owner = :owner',
      { owner },
    )
  )?.count ?? 0

/** A row of a list, with the words around what was searched for. */
type Found = ConversationRow & { found: string | null }

/** One page of somebody's conversations, the one last added to first; all `words` have to occur in one message or the title. */
export async function listConversations(
  reader: Reader,
  asked: {
    owner: string
    org: string | undefined
    words: string[]
    before: { at: number; id: string }
    limit: number
  },
) {
  const { owner, org, words, before, limit } = asked
  const named = words.slice(0, 8).map((word, at) => [`w${at}`, likePattern(word)] as const)
  const holds = (column: string) =>
    named.map(([name]) => `${column} LIKE :${name} ESCAPE '!'`).join(' AND ')
  const found = `(SELECT m.words FROM chat_messages m WHERE m.conversation = c.id AND ${holds('m.words')} LIMIT 1)`
  const rows = await reader.all<Found>(
    `SELECT ${columns}, ${named.length === 0 ? 'NULL' : found} AS found FROM conversations c
     WHERE c.owner = :owner ${org === undefined ? '' : 'AND c.org = :org'}
       AND (c.updated_at < :at OR (c.updated_at = :at AND c.id < :id))
       ${named.length === 0 ? '' : `AND ((${holds('lower(c.title)')}) OR ${found} IS NOT NULL)`}
     ORDER BY c.updated_at DESC, c.id DESC LIMIT :count`,
    {
      ...Object.fromEntries(named),
      ...{ owner, at: before.at, id: before.id, count: limit + 1 },
      ...(org === undefined ? {} : { org }),
    },
  )
  return pageOf(
    rows,
    limit,
    (row) => ({ row, found: row.found }),
    (row) => `${row.updated_at}:${row.id}`,
  )
}

/** What LIKE finds the word by, wherever it stands. */
const likePattern = (word: string) => `%${word.toLowerCase().replace(/[!%_]/g, '!$&')}%`

export const insertConversation = (
  tx: Transaction,
  row: Pick<ConversationRow, 'id' | 'org' | 'owner' | 'title' | 'model'>,
): Promise<void> =>
  tx.insert('conversations', {
    ...row,
    ...{ head: null, running: null, created_at: tx.now, updated_at: tx.now },
  })

type Happening = 'answer_started' | 'answer_finished' | 'renamed' | 'branch_shown' | 'deleted'

/** Tells the pages of its owner, and nobody else, what became of a conversation. */
export const tellConversation = (
  tx: Transaction,
  { id, org, owner }: Pick<ConversationRow, 'id' | 'org' | 'owner'>,
  what: Happening,
  data: Record<string, unknown> = {},
): Promise<void> => tx.event({ kind: `chat.${what}`, org, subject: id, owner, data })

/** Has the branch that is shown end with a message. */
export async function moveHead(tx: Transaction, id: string, head: string): Promise<void> {
  await tx.run('UPDATE conversations SET head = :head WHERE id = :id', { id, head })
}

export async function renameConversation(
  tx: Transaction,
  id: string,
  title: string,
): Promise<void> {
  await tx.run('UPDATE conversations SET title = :title WHERE id = :id', { id, title })
}

/** Marks an answer as the one under way; what is shown ends with it. */
export async function beginAnswer(
  tx: Transaction,
  id: string,
  { message, model }: { message: string; model: string | undefined },
): Promise<void> {
  await tx.run(
    `UPDATE conversations SET head = :message, running = :message, updated_at = :now,
       model = coalesce(:model, model) WHERE id = :id`,
    { id, message, model: model ?? null, now: tx.now },
  )
}

export async function endAnswer(tx: Transaction, id: string, message: string): Promise<void> {
  await tx.run(
    'UPDATE conversations SET running = NULL, updated_at = :now WHERE id = :id AND running = :message',
    { id, message, now: tx.now },
  )
}

/** Removes a conversation with all that was said in it. */
export async function deleteConversation(tx: Transaction, id: string): Promise<void> {
  await tx.run('DELETE FROM chat_messages WHERE conversation = :id', { id })
  await tx.run('DELETE FROM conversations WHERE id = :id', { id })
}
