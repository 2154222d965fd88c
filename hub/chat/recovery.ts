import type { ConversationRow } from '../../servers/chat/store/conversations.ts'
import {
  endAnswer,
  runningConversations,
  tellConversation,
} from '../../servers/chat/store/conversations.ts'
import type { MessageRow } from '../../servers/chat/store/messages.ts'
import {
  conversationsThatWait,
  deleteMessages,
  keptAnswer,
  partsOf,
  readMessage,
  saveAnswer,
} from '../../servers/chat/store/messages.ts'
import { closeParts } from './assemble.ts'
import type { ChatParts } from './parts.ts'
import { Asked } from './parts.ts'
import type { Runs } from './runs.ts'
import { interruption } from './runs.ts'

/**
 * Takes up what an earlier process left: an answer that waits for a person goes on waiting, any other
 * was interrupted, and what waited behind it is answered.
 */
export async function recover(hub: ChatParts, runs: Runs): Promise<void> {
  const { reader } = hub.store
  for (const conversation of await runningConversations(reader)) {
    const left = await readMessage(reader, conversation.running ?? '')
    const request = left?.parent ? await readMessage(reader, left.parent) : undefined
    if (left?.state === 'waiting' && left.asked !== null && request) {
      const asked = Asked.parse(JSON.parse(left.asked))
      runs.begin({ kind: 'begun', conversation, request, answer: left.id, asked }, left)
    } else {
      await interrupt(hub, conversation, left)
      await runs.goOn(conversation.id, conversation.running)
    }
  }
  for (const id of await conversationsThatWait(reader)) if (!runs.of(id)) await runs.goOn(id)
}

/**
 * Nobody knows how far the model or a tool came, so nothing is done a second time. It may have asked
 * people about a call a moment before: the call would be made after their yes, for nobody.
 */
async function interrupt(
  { store, calls }: ChatParts,
  conversation: ConversationRow,
  left: MessageRow | undefined,
): Promise<void> {
  await calls.takeBack(conversation.id)
  await store.transaction(async (tx) => {
    if (left) {
      const parts = partsOf(left)
      const taken = parts.flatMap((part) => (part.type === 'steering-message' ? [part.id] : []))
      await deleteMessages(tx, taken)
      closeParts(parts)
      const kept = keptAnswer({
        ...{ state: 'interrupted', parts, seq: left.seq, isEnded: true },
        ...{ model: left.model ?? undefined, error: interruption },
      })
      await saveAnswer(tx, left.id, kept)
    }
    const answer = conversation.running ?? ''
    await endAnswer(tx, conversation.id, answer)
    const what = { answer, state: 'interrupted' }
    await tellConversation(tx, conversation, 'answer_finished', what)
  })
}
