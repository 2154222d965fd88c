import { z } from 'zod'
import { ConversationList, ConversationRead } from '../../schemas/chat.ts'
import { Org } from '../../schemas/principal.ts'
import { pageInput } from '../../schemas/page.ts'
import { cursorKey } from '../kit/page.ts'
import { defineTool } from '../kit/tool.ts'
import { findConversation, noMessage } from './find.ts'
import { listConversations, toConversation } from './store/conversations.ts'
import type { Place } from './store/messages.ts'
import { readMessages, readPlaces, toMessage } from './store/messages.ts'
import { conversationText, listText } from './texts.ts'
import { branchTo, newestLeaf, siblingsIn } from './tree.ts'

/** An answer of this size is still a page; what is older comes with the next. */
const mostChars = 4_000_000
const foundChars = 160

export const chatList = defineTool({
  name: 'chat_list',
  title: 'List conversations',
  description:
    'Lists your conversations with the assistant, the one last added to first; `query` finds those in which words were said. Use chat_read for what was said.',
  effect: 'read',
  scope: 'chat:use',
  input: {
    query: z.string().max(200).optional().describe('Words that one of its messages has to hold'),
    org: Org.optional().describe('Only of this org'),
    ...pageInput,
  },
  output: ConversationList,
  text: listText,
  run: async ({ query = '', org, cursor, limit }, ctx) => {
    if (org !== undefined) ctx.ensure('org.use', { org })
    const words = query.split(/\s+/).filter(Boolean)
    const key = cursorKey(cursor, `${Number.MAX_SAFE_INTEGER}:`)
    const before = { at: Number.parseInt(key, 10), id: key.slice(key.indexOf(':') + 1) }
    const owner = ctx.principal.id
    const page = await listConversations(ctx.reader, { owner, org, words, before, limit })
    const items = page.items
      .filter(({ row }) => ctx.may('chat.use', { org: row.org, owner: row.owner }))
      .map(({ row, found }) => ({
        ...toConversation(row),
        ...(found === null ? {} : { found: around(found, words[0] ?? '') }),
      }))
    return { items, ...(page.next === undefined ? {} : { next: page.next }) }
  },
})

export const chatRead = defineTool({
  name: 'chat_read',
  title: 'Read a conversation',
  description:
    'Reads what was said in a conversation: the branch that is shown, the one through `message`, or the whole tree. Use chat_export for a file.',
  effect: 'read',
  scope: 'chat:use',
  input: {
    conversation: z.string().max(60).describe('Conversation id'),
    message: z.string().max(60).optional().describe('The branch that goes through this message'),
    tree: z.boolean().default(false).describe('All branches in place of one'),
    limit: z.int().min(1).max(500).default(50).describe('Most messages to return, the newest'),
    cursor: z.string().max(200).optional().describe('`before` of the page after'),
  },
  output: ConversationRead,
  text: conversationText,
  run: async ({ conversation: id, message, tree, limit, cursor }, ctx) => {
    const conversation = await findConversation(ctx, ctx.reader, id)
    const places = await readPlaces(ctx.reader, id)
    if (message !== undefined && !places.some((place) => place.id === message))
      throw noMessage(message, id)
    const end = message === undefined ? conversation.head : newestLeaf(places, message)
    const chosen = tree ? places : [...branchTo(places, end), ...waitingAfter(places, end)]
    const stop = cursor === undefined ? chosen.length : indexOf(chosen, cursorKey(cursor, ''))
    const wanted = chosen.slice(Math.max(0, stop - limit), stop).map((place) => place.id)
    const rows = await readMessages(ctx.reader, id, wanted)
    const byId = new Map(rows.map((row) => [row.id, row]))
    const siblings = siblingsIn(places)
    const messages = []
    let chars = 0
    for (const at of wanted.toReversed()) {
      const row = byId.get(at)
      if (!row) continue // Removed between the two reads.
      chars += row.parts.length
      if (chars > mostChars && messages.length > 0) break
      messages.push(toMessage(row, siblings(row)))
    }
    messages.reverse()
    const [first] = messages
    const hasMore = first !== undefined && first.id !== chosen[0]?.id
    return {
      conversation: toConversation(conversation),
      messages,
      ...(conversation.running === null ? {} : { running: conversation.running }),
      ...(hasMore ? { before: Buffer.from(first.id).toString('base64url') } : {}),
    }
  },
})

/** What waits behind the end of a branch. */
const waitingAfter = (places: Place[], end: string | null): Place[] =>
  places.filter(
    ({ state, parent }) => (state === 'queued' || state === 'steering') && parent === end,
  )

function indexOf(places: Place[], id: string): number {
  const index = places.findIndex((place) => place.id === id)
  return index < 0 ? places.length : index
}

/** The words around the first place where one of them stands. */
function around(text: string, word: string): string {
  const at = Math.max(0, text.toLowerCase().indexOf(word.toLowerCase()))
  const start = Math.max(0, at - foundChars / 2)
  const cut = text
    .slice(start, start + foundChars)
    .replace(/\s+/g, ' ')
    .trim()
  return `${start > 0 ? '…' : ''}${cut}${start + foundChars < text.length ? '…' : ''}`
}
