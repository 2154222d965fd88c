import type { ConversationRow } from '../../servers/chat/store/conversations.ts'
import type { MessageRow } from '../../servers/chat/store/messages.ts'
import { readMessages, readPlaces, toMessage } from '../../servers/chat/store/messages.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import type { Frame } from './chunk-log.ts'
import { ending, replayed } from './replay.ts'

/** The stream of an answer that was given before, for a request that is sent again. */
export async function recordedFrames(
  reader: Reader,
  { id: conversation, title }: ConversationRow,
  request: MessageRow,
): Promise<Frame[]> {
  const places = await readPlaces(reader, conversation)
  const last = places.findLast(({ parent }) => parent === request.id)
  const [row] = last ? await readMessages(reader, conversation, [last.id]) : []
  if (!row) return []
  const answer = toMessage(row, [])
  const metadata = {
    ...{ conversation, title, request: request.id, requestParent: request.parent },
    ...(answer.model === undefined ? {} : { model: answer.model }),
    ...(answer.usage === undefined ? {} : { usage: answer.usage }),
  }
  return [...replayed(row.id, metadata, answer.parts), ...ending(answer)].map((chunk, index) => ({
    seq: index + 1,
    json: JSON.stringify(chunk),
  }))
}
