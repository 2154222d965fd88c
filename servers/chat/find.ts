import { HubError } from '../../schemas/errors.ts'
import type { Context } from '../kit/context.ts'
import type { Reader } from '../kit/sql.ts'
import type { ConversationRow } from './store/conversations.ts'
import { readConversation } from './store/conversations.ts'

/** The conversation, or not_found, also for everybody but who began it. */
export async function findConversation(
  ctx: Pick<Context, 'may'>,
  reader: Reader,
  id: string,
): Promise<ConversationRow> {
  const row = await readConversation(reader, id)
  if (row && ctx.may('chat.use', { org: row.org, owner: row.owner })) return row
  throw new HubError('not_found', `there is no conversation ${JSON.stringify(id)} of yours`, {
    hint: 'chat_list has their ids.',
  })
}

export const noMessage = (id: string, conversation: string): HubError =>
  new HubError('not_found', `there is no message ${JSON.stringify(id)} in ${conversation}`, {
    hint: 'chat_read has the ids of its messages.',
  })
