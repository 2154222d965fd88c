import type { ChatChunk, Waiting } from '../../schemas/chat-stream.ts'
import type { Conversation, ConversationRead } from '../../schemas/chat.ts'
import type { Event } from '../../schemas/event.ts'
import { tell } from '../live.ts'
import { ToolError, callTool } from '../mcp.ts'
import type { Message } from './answer.ts'
import { withChunk } from './answer.ts'
import { waitingIn, withSaid, withStart } from './branch.ts'
import { follow } from './follow.ts'
import type { Say } from './requests.ts'
import { Unreachable, postChat, resumeChat, stopChat } from './requests.ts'

export type ChatState = 'loading' | 'idle' | 'answering' | 'stopping' | 'lost'

type Opened = { open(signal: AbortSignal): Promise<Response>; after?: number; say?: Say }

/**
 * One conversation as this page has it: a branch of its messages, and the answer that grows. Panel and
 * page show the same object. The hub owns all of it; after every answer it is read from there again.
 */
export class ChatConversation {
  id: string | undefined
  about: Conversation | undefined
  messages: Message[] = []
  waiting: Waiting[] = []
  /** Cursor of messages before the first one here. */
  earlier: string | undefined
  state: ChatState = 'idle'
  error: ToolError | undefined
  readonly #watchers = new Set<() => void>()
  #frame = 0
  #following: AbortController | undefined
  #answer: string | undefined
  #isLoading = false
  #isStale = false
  /** A message of the branch that a person chose to see. */
  #chosen: string | undefined

  constructor(id?: string) {
    this.id = id
    if (id !== undefined) void this.load()
  }

  /** What happened in the hub; undefined: something may have been missed. */
  heard(event: Event | undefined): void {
    if (event !== undefined && !(event.kind.startsWith('chat.') && event.subject === this.id))
      return
    if (event?.kind === 'chat.deleted') return this.#end()
    // What happens while it is being read may not be in what was read.
    if (this.#isLoading) this.#isStale = true
    else if (this.id !== undefined && !this.#following && this.isWatched) void this.load()
  }

  /** Calls back, at most once a frame, when something changed. Returns how to end that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0
  }

  /** Whether an answer is under way, so that what is said now waits or goes into it. */
  get isAnswering(): boolean {
    return this.#following !== undefined
  }

  /** Reads the branch from the hub, and goes on with the answer that is under way. */
  async load(chosen = this.#chosen): Promise<void> {
    this.#chosen = chosen
    if (this.messages.length === 0) this.state = 'loading'
    this.#isLoading = true
    const read = await this.#try(() =>
      callTool<ConversationRead>('chat_read', {
        conversation: this.id,
        ...(chosen === undefined ? {} : { message: chosen }),
      }),
    )
    this.#isLoading = false
    const isStale = this.#isStale
    this.#isStale = false
    if (this.#following || chosen !== this.#chosen) return
    this.state = 'idle'
    if (read) this.#show(read)
    this.#changed()
    if (isStale && !this.#following) void this.load()
  }

  async loadEarlier(): Promise<void> {
    const { id, earlier } = this
    const read = await this.#try(() =>
      callTool<ConversationRead>('chat_read', {
        conversation: id,
        cursor: earlier,
        ...(this.#chosen === undefined ? {} : { message: this.#chosen }),
      }),
    )
    if (!read || this.earlier !== earlier) return
    this.messages = [...read.messages, ...this.messages]
    this.earlier = read.before
    this.#changed()
  }

  /** Says something, or asks for an answer anew. False: it was not taken, and the field keeps the text. */
  async say(say: Say): Promise<boolean> {
    const request = { ...say, ...(this.id === undefined ? {} : { conversation: this.id }) }
    const open = (signal: AbortSignal) => postChat(request, signal)
    this.#chosen = undefined
    if (!this.#following) return this.#follow({ open, say })
    // The running answer's own stream goes on with it; this one only says that it waits.
    const response = await this.#try(() => open(new AbortController().signal))
    await response?.body?.cancel()
    return response !== undefined
  }

  /** Stops the answer. What waited behind it comes back, to be changed or said again. */
  async stop(): Promise<string[]> {
    const { id } = this
    if (id === undefined || !this.#following) return []
    this.state = 'stopping'
    this.#changed()
    const stopped = await this.#try(() => stopChat(id))
    // Without an answer nothing was stopped; with one the stream says when it has ended.
    if (!stopped && this.isAnswering) this.state = 'answering'
    this.#changed()
    return stopped?.withdrawn.map(({ text }) => text) ?? []
  }

  /** It was deleted here or elsewhere. */
  #end(): void {
    this.messages = []
    this.waiting = []
    this.earlier = undefined
    this.error = new ToolError({
      code: 'not_found',
      message: 'This conversation was deleted.',
      hint: 'Begin a new one.',
    })
    this.#changed()
  }

  #show({ conversation, messages, before, running }: ConversationRead): void {
    this.about = conversation
    this.messages = messages
    this.earlier = before
    this.waiting = waitingIn(messages)
    const answer = messages.find(({ id }) => id === running)
    if (!answer) return
    this.#answer = answer.id
    const { after } = answer
    void this.#follow({ open: (signal) => resumeChat(conversation.id, after, signal), after })
  }

  /** Resolves once it is certain whether it was taken; the answer goes on arriving after that. */
  #follow({ open, after, say }: Opened): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const following = (this.#following = new AbortController())
    const before = this.messages
    let isTaken = say === undefined
    this.state = 'answering'
    if (say) this.messages = withSaid(before, say, Date.now())
    this.#changed()
    const reading = this.#try(() =>
      follow({
        open: () => open(following.signal),
        ...(after === undefined ? {} : { after }),
        conversation: () => (isTaken ? this.id : undefined),
        take: (chunk, id) => {
          isTaken = true
          this.#take(chunk, id)
          resolve(true)
        },
        lost: (isLost) => {
          if (this.state !== 'stopping') this.state = isLost ? 'lost' : 'answering'
          this.#changed()
        },
        signal: following.signal,
      }),
    )
    void reading.then(() => {
      this.#following = undefined
      this.state = 'idle'
      if (!isTaken) this.messages = before
      this.#changed()
      resolve(isTaken)
      if (isTaken && this.id !== undefined) tell('chat.updated', this.id)
    })
    return promise
  }

  #take(chunk: ChatChunk, id: number | undefined): void {
    if (chunk.type === 'data-queue') this.waiting = chunk.data
    if (chunk.type === 'start') this.#begin(chunk)
    const at = this.messages.findLastIndex((message) => message.id === this.#answer)
    const answer = this.messages[at]
    // A stream that is read again may begin before what is here.
    const isNew = id === undefined || (answer !== undefined && id > answer.after)
    if (answer && isNew) {
      const next = withChunk(answer, chunk)
      this.messages = this.messages.with(at, { ...next, after: id ?? answer.after })
    }
    this.#changed()
  }

  #begin({ messageId, messageMetadata: metadata }: Extract<ChatChunk, { type: 'start' }>): void {
    const now = Date.now()
    this.id = metadata.conversation
    this.#answer = messageId
    this.about = {
      ...(this.about ?? { org: '', createdAt: now }),
      id: metadata.conversation,
      title: metadata.title,
      state: 'running',
      updatedAt: now,
    }
    const { waiting } = this
    this.messages = withStart(this.messages, { answer: messageId, metadata, waiting, now })
    this.waiting = waiting.filter(({ message }) => message !== metadata.request)
    tell('chat.updated', metadata.conversation)
  }

  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    this.error = undefined
    try {
      return await work()
    } catch (error) {
      this.error =
        error instanceof ToolError
          ? error
          : new ToolError({
              code: error instanceof Unreachable ? 'unavailable' : 'internal',
              message: error instanceof Error ? error.message : String(error),
            })
      this.#changed()
      return undefined
    }
  }

  #changed(): void {
    if (this.#frame !== 0) return
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0
      for (const watcher of this.#watchers) watcher()
    })
  }
}
