import { z } from 'zod'
import { ConversationExport } from '../../schemas/chat.ts'
import { cutText } from '../kit/table.ts'
import { defineTool } from '../kit/tool.ts'
import { findConversation } from './find.ts'
import { toConversation } from './store/conversations.ts'
import { readMessages, readPlaces, toMessage } from './store/messages.ts'
import { messageText } from './texts.ts'
import { branchTo, siblingsIn } from './tree.ts'

const mostMessages = 500
const resultChars = 20_000

export const chatExport = defineTool({
  name: 'chat_export',
  title: 'Export a conversation',
  description:
    'Returns a conversation as one file: the branch that is shown as Markdown, or everything as JSON. Use chat_read to look at it.',
  effect: 'read',
  scope: 'chat:use',
  input: {
    conversation: z.string().max(60).describe('Conversation id'),
    format: z.enum(['markdown', 'json']).default('markdown').describe('Form of the file'),
  },
  output: ConversationExport,
  // A program saves the file; a model is shown how it begins.
  text: ({ name, text }) => `${name}\n\n${cutText(text, 10_000)}`,
  run: async ({ conversation: id, format }, ctx) => {
    const row = await findConversation(ctx, ctx.reader, id)
    const conversation = toConversation(row)
    const places = await readPlaces(ctx.reader, id)
    const chosen = (format === 'json' ? places : branchTo(places, row.head)).slice(-mostMessages)
    const ids = chosen.map((place) => place.id)
    const siblings = siblingsIn(places)
    const messages = (await readMessages(ctx.reader, id, ids)).map((message) =>
      toMessage(message, siblings(message)),
    )
    const name = conversation.title.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60) || 'conversation'
    if (format === 'json') {
      const text = JSON.stringify({ conversation, messages }, null, 2)
      return { name: `${name}.json`, mediaType: 'application/json', text }
    }
    const texts = messages.map((message) => messageText(message, resultChars))
    const text = [`# ${conversation.title}`, ...texts].join('\n\n')
    return { name: `${name}.md`, mediaType: 'text/markdown', text: `${text}\n` }
  },
})
