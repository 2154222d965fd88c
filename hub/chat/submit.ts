import type { ChatRequest } from '../../schemas/chat.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { findConversation, noMessage } from '../../servers/chat/find.ts'
import type { ConversationRow } from '../../servers/chat/store/conversations.ts'
import {
  beginAnswer,
  countConversations,
  insertConversation,
  readConversation,
  tellConversation,
} from '../../servers/chat/store/conversations.ts'
import type { MessageRow } from '../../servers/chat/store/messages.ts'
import {
  countMessages,
  findByKey,
  insertMessage,
  readMessage,
  waitingMessages,
} from '../../servers/chat/store/messages.ts'
import type { Reader, Transaction } from '../../servers/kit/sql.ts'
import type { Authority } from '../../servers/kit/authority.ts'
import { keptParts } from './kept-parts.ts'
import type { Asked } from './parts.ts'

const maxConversations = 5000
const maxMessages = 2000
const maxWaiting = 20

/** What became of a request: an answer to begin, one that waits its turn, or one that was sent before. */
export type Submitted =
  | {
      kind: 'begun'
      conversation: ConversationRow
      request: MessageRow
      answer: string
      asked: Asked
    }
  | { kind: 'waits'; conversation: ConversationRow; request: string }
  | { kind: 'known'; conversation: ConversationRow; request: MessageRow }

type Submission = {
  authority: Pick<Authority, 'may' | 'ensure'>
  principal: Principal
  request: ChatRequest
  asked: Asked
  id(prefix: string): string
}

/** Puts a request on record, and the answer that it is to have with it, in one transaction. */
export async function submit(tx: Transaction, submission: Submission): Promise<Submitted> {
  const { principal, request, authority } = submission
  const { key } = request
  const known = key === undefined ? undefined : await findByKey(tx, principal.id, key)
  if (known) {
    const conversation = await findConversation(authority, tx, known.conversation)
    return { kind: 'known', conversation, request: known }
  }
  const conversation =
    request.conversation === undefined
      ? await newConversation(tx, submission)
      : await findConversation(authority, tx, request.conversation)
  tx.about(conversation.id)
  if ((await countMessages(tx, conversation.id)) >= maxMessages)
    throw new HubError('exhausted', `${conversation.id} has ${maxMessages} messages`, {
      hint: 'Begin a new conversation; this one can still be read.',
    })
  if (conversation.running !== null) return wait(tx, conversation, submission)
  const asks = await requestOf(tx, conversation, submission)
  return begin(tx, conversation, { ...submission, asks })
}

/** Begins an answer to a request that is on record. */
export async function begin(
  tx: Transaction,
  conversation: ConversationRow,
  {
    asks,
    asked: given,
    principal,
    id,
  }: Pick<Submission, 'asked' | 'principal' | 'id'> & {
    asks: string
  },
): Promise<Extract<Submitted, { kind: 'begun' }>> {
  const answer = id('message')
  const model = given.model ?? conversation.model
  const asked = { ...given, ...(model === null ? {} : { model }) }
  await insertMessage(tx, {
    ...{ id: answer, conversation: conversation.id, parent: asks, role: 'assistant' },
    ...{ state: 'running', owner: principal.id, parts: [], asked },
  })
  await beginAnswer(tx, conversation.id, { message: answer, model: asked.model })
  await tellConversation(tx, conversation, 'answer_started', { answer })
  const request = await readMessage(tx, asks)
  const begun = await readConversation(tx, conversation.id)
  if (!request || !begun) throw new Error('a request is not there that was just written')
  return { kind: 'begun', conversation: begun, request, answer, asked }
}

async function newConversation(
  tx: Transaction,
  { authority, principal, request, asked, id }: Submission,
): Promise<ConversationRow> {
  const org = request.org ?? principal.orgs.find((one) => one !== '*') ?? 'default'
  authority.ensure('org.use', { org })
  authority.ensure('chat.use', { org, owner: principal.id })
  if ((await countConversations(tx, principal.id)) >= maxConversations)
    throw new HubError('exhausted', `${principal.id} has ${maxConversations} conversations`, {
      hint: 'Remove some with chat_delete.',
    })
  const conversation = id('chat')
  const title = titleOf(request.message?.text ?? '')
  const model = asked.model ?? null
  await insertConversation(tx, { id: conversation, org, owner: principal.id, title, model })
  const row = await readConversation(tx, conversation)
  if (!row) throw new Error('a conversation is not there that was just written')
  return row
}

/** Has a request come after the answer that is under way, or go into it. */
async function wait(
  tx: Transaction,
  conversation: ConversationRow,
  { principal, request, asked, id }: Submission,
): Promise<Submitted> {
  const { message, mode, key, parent, trigger } = request
  if (
    !message ||
    trigger === 'regenerate' ||
    (parent !== undefined && parent !== conversation.head)
  )
    throw new HubError('conflict', `an answer is under way in ${conversation.id}`, {
      hint: 'Stop it first; or send the message without `parent`, to follow the answer.',
    })
  if ((await waitingMessages(tx, conversation.id)).length >= maxWaiting)
    throw new HubError('exhausted', `${maxWaiting} messages wait behind the answer already`, {
      hint: 'Wait until some are answered.',
    })
  const waiting = id('message')
  await insertMessage(tx, {
    ...{ id: waiting, conversation: conversation.id, parent: conversation.running, role: 'user' },
    ...{ state: mode === 'steer' ? 'steering' : 'queued', owner: principal.id },
    ...{ parts: await keptParts(tx, conversation, message, request.page), asked, key },
  })
  return { kind: 'waits', conversation, request: waiting }
}

/** The message that is to be answered: a new one, or one that was answered before. */
async function requestOf(
  tx: Transaction,
  conversation: ConversationRow,
  { principal, request, id }: Submission,
): Promise<string> {
  const { message, trigger, key, page } = request
  const parent = request.parent === undefined ? conversation.head : request.parent
  const after = parent === null ? undefined : await messageIn(tx, conversation.id, parent)
  if (trigger === 'regenerate') {
    if (!after) throw new HubError('invalid', 'there is no message to answer anew')
    if (after.role === 'user') return after.id
    if (after.parent === null) throw new Error(`the answer ${after.id} follows nothing`)
    return after.parent
  }
  if (!message || (message.text.trim() === '' && message.attachments.length === 0))
    throw new HubError('invalid', 'the message is empty', {
      hint: 'Say something in `message.text`.',
    })
  if (after?.role === 'user')
    throw new HubError('invalid', `${after.id} is a request, and a request follows an answer`, {
      hint: 'Pass as `parent` the message before the one that is to be replaced.',
    })
  const asks = id('message')
  await insertMessage(tx, {
    ...{ id: asks, conversation: conversation.id, parent, role: 'user', state: 'done' },
    ...{ owner: principal.id, parts: await keptParts(tx, conversation, message, page), key },
  })
  return asks
}

async function messageIn(reader: Reader, conversation: string, id: string): Promise<MessageRow> {
  const row = await readMessage(reader, id)
  if (row?.conversation === conversation) return row
  throw noMessage(id, conversation)
}

function titleOf(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  if (line === '') return 'New conversation'
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}
