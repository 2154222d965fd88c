import { HubError } from '../../schemas/errors.ts'
import { branchTo } from '../../servers/chat/tree.ts'
import type { ConversationRow } from '../../servers/chat/store/conversations.ts'
import {
  endAnswer,
  readConversation,
  tellConversation,
} from '../../servers/chat/store/conversations.ts'
import type { MessageRow } from '../../servers/chat/store/messages.ts'
import {
  admitRequest,
  deleteMessages,
  keptAnswer,
  partsOf,
  readMessages,
  readPlaces,
  saveAnswer,
  toMessage,
  waitingMessages,
} from '../../servers/chat/store/messages.ts'
import { pause } from '../../servers/kit/clock.ts'
import type { Transaction } from '../../servers/kit/sql.ts'
import type { Ended } from './answer.ts'
import { answer } from './answer.ts'
import { closeParts, textOf } from './assemble.ts'
import { Asked } from './parts.ts'
import type { ChatParts } from './parts.ts'
import type { Said } from './prompt.ts'
import { ending } from './replay.ts'
import { Run } from './run.ts'
import type { Submitted } from './submit.ts'
import { begin } from './submit.ts'
import { toWaiting } from './waiting.ts'

export type Begun = Extract<Submitted, { kind: 'begun' }>

/** More of a branch than this no prompt has room for. */
const mostRead = 200
const retryMs = 1000

/** The answers under way, one in a conversation at a time, each followed by what waits behind it. */
export class Runs {
  readonly #hub: ChatParts
  readonly #running = new Map<string, Run>()

  constructor(hub: ChatParts) {
    this.#hub = hub
  }

  get count(): number {
    return this.#running.size
  }

  countOf(principal: string): number {
    return [...this.#running.values()].filter((run) => run.asked.principal.id === principal).length
  }

  of(conversation: string): Run | undefined {
    return this.#running.get(conversation)
  }

  /** Resolves when all have ended. */
  async drained(): Promise<void> {
    await Promise.all([...this.#running.values()].map((run) => run.ended.promise))
  }

  /** Has an answer given that is on record as running. */
  begin({ conversation, request, answer: message, asked }: Begun, left?: MessageRow): Run {
    const run = new Run({
      ...{ message, asked, clock: this.#hub.clock },
      metadata: {
        ...{ conversation: conversation.id, title: conversation.title },
        ...{ request: request.id, requestParent: request.parent },
        ...(left?.model ? { model: left.model } : {}),
      },
      ...(left ? { parts: partsOf(left), seq: left.seq } : {}),
      save: (now) => {
        const kept = keptAnswer({ ...now, isEnded: false })
        return this.#hub.store.transaction((tx) => saveAnswer(tx, message, kept))
      },
    })
    if (left) run.usage = toMessage(left, []).usage
    this.#running.set(conversation.id, run)
    this.#drive(run, conversation, request).catch((error: unknown) => {
      this.#hub.log.error({ error, conversation: conversation.id }, 'an answer could not be ended')
      this.#leave(run, conversation.id) // It is on record as running, and taken up at the next start.
    })
    return run
  }

  /** Tells who reads along what waits behind the answer. */
  async tellWaiting(conversation: string): Promise<void> {
    const rows = await waitingMessages(this.#hub.store.reader, conversation)
    const data = rows.map(toWaiting)
    this.of(conversation)?.emit({ type: 'data-queue', id: 'queue', data, transient: true })
  }

  /** Begins the next answer where something waits and nothing is under way: `after` which one. */
  async goOn(id: string, after?: string | null): Promise<void> {
    const next = await this.#hub.store.transaction(async (tx) => {
      const row = await readConversation(tx, id)
      return row && row.running === null ? this.#beginNext(tx, row, after ?? row.head) : undefined
    })
    if (next) this.begin(next)
  }

  async #beginNext(
    tx: Transaction,
    conversation: ConversationRow,
    after: string | null,
  ): Promise<Begun | undefined> {
    const [row] = await waitingMessages(tx, conversation.id)
    if (!row || row.asked === null) return undefined
    const asked = Asked.parse(JSON.parse(row.asked))
    await admitRequest(tx, row.id, after)
    const { principal } = asked
    return begin(tx, conversation, { asks: row.id, asked, principal, id: this.#hub.id })
  }

  /** Gives an answer to its end, and begins the next. */
  async #drive(run: Run, conversation: ConversationRow, request: MessageRow): Promise<void> {
    const ended = await this.#answer(run, conversation, request)
    await run.settle()
    if (ended.state === 'detached') return this.#leave(run, conversation.id)
    if (ended.state !== 'done') closeParts(run.parts)
    const next = await this.#record(run, conversation, ended)
    const { metadata, usage } = run
    const error = errorOf(ended)
    if (usage) metadata.usage = usage
    for (const chunk of ending({ state: ended.state, ...(error ? { error } : {}) })) {
      if (chunk.type !== 'finish') run.emit(chunk)
      else
        run.emit({
          ...chunk,
          finishReason: ended.finishReason,
          messageMetadata: {
            ...metadata,
            ...chunk.messageMetadata,
            ...(next ? { next: next.answer } : {}),
          },
        })
    }
    this.#running.delete(conversation.id)
    if (next) this.begin(next)
    run.close()
  }

  #leave(run: Run, conversation: string): void {
    this.#running.delete(conversation)
    run.close()
  }

  #answer(run: Run, { id, org }: ConversationRow, request: MessageRow): Promise<Ended> {
    const { store } = this.#hub
    return answer(this.#hub, run, {
      ...{ conversation: id, org, branch: () => this.#branch(id, request.id) },
      steering: async () => {
        const rows = await waitingMessages(store.reader, id)
        const has = new Set(
          run.parts.flatMap((part) => (part.type === 'steering-message' ? [part.id] : [])),
        )
        return rows
          .filter((row) => row.state === 'steering' && !has.has(row.id))
          .map((row) => ({ id: row.id, text: textOf(partsOf(row)) }))
      },
      taken: async (ids) => {
        await store.transaction((tx) => deleteMessages(tx, ids))
        await this.tellWaiting(id)
      },
    })
  }

  async #branch(conversation: string, request: string): Promise<Said[]> {
    const { reader } = this.#hub.store
    const places = branchTo(await readPlaces(reader, conversation), request).slice(-mostRead)
    const ids = places.map(({ id }) => id)
    const rows = await readMessages(reader, conversation, ids)
    return rows.map((row) => ({ role: row.role, parts: partsOf(row) }))
  }

  /** Puts the end on record, with the beginning of the next answer; tried until the store can write. */
  async #record(
    run: Run,
    conversation: ConversationRow,
    ended: Exclude<Ended, { state: 'detached' }>,
  ) {
    const { store, clock, stopping, closing, log } = this.#hub
    const { parts, seq, usage, metadata, message } = run
    const { state } = ended
    const kept = keptAnswer({
      ...{ state, parts, seq, usage, model: metadata.model, isEnded: true },
      error: errorOf(ended),
    })
    for (;;) {
      try {
        return await store.transaction(async (tx) => {
          await saveAnswer(tx, message, kept)
          await endAnswer(tx, conversation.id, message)
          const row = await readConversation(tx, conversation.id)
          if (row) await tellConversation(tx, row, 'answer_finished', { answer: message, state })
          return row && !closing.aborted ? await this.#beginNext(tx, row, message) : undefined
        })
      } catch (error) {
        if (stopping.aborted || !(error instanceof HubError)) throw error
        log.warn(
          { error, conversation: conversation.id },
          'the end of an answer is not on record yet',
        )
        await pause(clock, retryMs, stopping)
      }
    }
  }
}

export const interruption = {
  code: 'unavailable',
  message: 'The hub ended before this answer did; what was said so far is kept.',
  hint: 'Ask for the answer anew.',
}

const errorOf = (ended: Ended) =>
  ended.state === 'failed' ? ended.error : ended.state === 'interrupted' ? interruption : undefined
