import type { Waiting } from '../../schemas/chat-stream.ts'
import type { MessageRow } from '../../servers/chat/store/messages.ts'
import { partsOf } from '../../servers/chat/store/messages.ts'
import { textOf } from './assemble.ts'

/** A request that waits behind an answer, as its stream tells of it. */
export const toWaiting = (row: MessageRow): Waiting => ({
  message: row.id,
  mode: row.state === 'steering' ? 'steer' : 'queue',
  text: textOf(partsOf(row)),
})
