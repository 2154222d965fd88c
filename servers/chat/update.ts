import { z } from 'zod'
import { Conversation } from '../../schemas/chat.ts'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { findConversation, noMessage } from './find.ts'
import {
  deleteConversation,
  moveHead,
  renameConversation,
  tellConversation,
  toConversation,
} from './store/conversations.ts'
import { readPlaces } from './store/messages.ts'
import { newestLeaf } from './tree.ts'

export const chatUpdate = defineTool({
  name: 'chat_update',
  title: 'Change a conversation',
  description:
    'Gives a conversation another title, or has it show another branch, on every device. What was said stays as it is.',
  effect: 'update',
  scope: 'chat:use',
  idempotent: true,
  input: {
    conversation: z.string().max(60).describe('Conversation id'),
    title: z.string().min(1).max(200).optional().describe('Its new title'),
    message: z
      .string()
      .max(60)
      .optional()
      .describe('Show the branch that goes through this message'),
  },
  output: Conversation,
  run: ({ conversation: id, title, message }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await findConversation(ctx, tx, id)
      tx.about(id)
      if (title !== undefined) {
        await renameConversation(tx, id, title)
        await tellConversation(tx, row, 'renamed')
      }
      if (message !== undefined) {
        const places = await readPlaces(tx, id)
        if (!places.some((place) => place.id === message)) throw noMessage(message, id)
        await moveHead(tx, id, newestLeaf(places, message))
        await tellConversation(tx, row, 'branch_shown')
      }
      return toConversation(await findConversation(ctx, tx, id))
    }),
})

export const chatDelete = defineTool({
  name: 'chat_delete',
  title: 'Delete a conversation',
  description:
    'Removes a conversation with all that was said in it. The audit trail keeps which calls were made, and tasks that it submitted go on.',
  effect: 'destroy',
  scope: 'chat:use',
  input: { conversation: z.string().max(60).describe('Conversation id') },
  output: z.object({ conversation: z.string(), deleted: z.literal(true) }),
  run: ({ conversation: id }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await findConversation(ctx, tx, id)
      if (row.running !== null)
        throw new HubError('conflict', `an answer is under way in ${id}`, {
          hint: 'Stop it first, by POST /chat/CONVERSATION/stop or in the dashboard.',
        })
      tx.about(id)
      await deleteConversation(tx, id)
      await tellConversation(tx, row, 'deleted')
      return { conversation: id, deleted: true as const }
    }),
})
