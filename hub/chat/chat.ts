import type { ChatRequest, Stopped } from '../../schemas/chat.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { findConversation } from '../../servers/chat/find.ts'
import { deleteMessages, partsOf, waitingMessages } from '../../servers/chat/store/messages.ts'
import { auditArgs } from '../../servers/kit/audit.ts'
import { pause } from '../../servers/kit/clock.ts'
import { authorityOf, mayList } from '../calls/decide.ts'
import { textOf } from './assemble.ts'
import type { Frame } from './chunk-log.ts'
import type { ChatParts } from './parts.ts'
import { recordedFrames } from './recorded.ts'
import { recover } from './recovery.ts'
import type { Run } from './run.ts'
import { Runs } from './runs.ts'
import { submit } from './submit.ts'
import { toWaiting } from './waiting.ts'

/** How long a stop waits for what is under way to end; after that the stream says so. */
const stopMs = 10_000
/** Answers under way at a time: each holds a call of a model. */
const maxRunning = 64
const maxRunningEach = 8

/** A stream of an answer, or of the one frame that says what waits. */
export type Stream = AsyncIterable<Frame> | Iterable<Frame>

/** Conversations of people with the assistant. The doors call these; all else happens by itself. */
export class Chat {
  readonly #hub: ChatParts
  readonly #runs: Runs

  constructor(hub: ChatParts) {
    this.#hub = hub
    this.#runs = new Runs(hub)
  }

  /** Takes up what an earlier process left. */
  start(): Promise<void> {
    return recover(this.#hub, this.#runs)
  }

  /** Resolves when no answer is under way; those that wait for a person go on in the next process. */
  stop(): Promise<void> {
    return this.#runs.drained()
  }

  /** Takes a request; what is returned is its answer while it comes. */
  async submit(principal: Principal, request: ChatRequest, signal: AbortSignal): Promise<Stream> {
    const { store, id } = this.#hub
    this.#ensureRoom(principal, request)
    const asked = {
      principal,
      ...(request.model === undefined ? {} : { model: request.model }),
      ...(request.page === undefined ? {} : { page: request.page }),
    }
    const authority = authorityOf(principal)
    const submitted = await store.transaction(
      (tx) => submit(tx, { authority, principal, request, asked, id }),
      this.#auditRow(principal, request),
    )
    const { conversation } = submitted
    if (submitted.kind === 'begun') return this.#runs.begin(submitted).follow(0, signal)
    const run = this.#runs.of(conversation.id)
    if (submitted.kind === 'waits') {
      await this.#runs.tellWaiting(conversation.id)
      return this.#waitingFrames(conversation.id)
    }
    if (run?.metadata.request === submitted.request.id) return run.follow(0, signal)
    return recordedFrames(store.reader, conversation, submitted.request)
  }

  /** The answer that is under way, from after this frame on; undefined where none is. */
  async follow(
    principal: Principal,
    conversation: string,
    { after, signal }: { after: number; signal: AbortSignal },
  ): Promise<Stream | undefined> {
    await this.#own(principal, conversation)
    return this.#runs.of(conversation)?.follow(after, signal)
  }

  /** Stops the answer that is under way, down to what it runs, and takes back what waits behind it. */
  async halt(principal: Principal, conversation: string): Promise<Stopped> {
    await this.#own(principal, conversation)
    const { store, clock } = this.#hub
    const withdrawn = await store.transaction(
      async (tx) => {
        const rows = await waitingMessages(tx, conversation)
        await deleteMessages(
          tx,
          rows.map((row) => row.id),
        )
        return rows
      },
      this.#auditRow(principal, { conversation, trigger: 'stop' }),
    )
    const run = this.#runs.of(conversation)
    run?.stop.abort(new HubError('canceled', 'the answer was stopped'))
    const confirmed = !run || (await isEnded(run, pause(clock, stopMs)))
    return {
      ...(run ? { message: run.message } : {}),
      confirmed,
      withdrawn: withdrawn.map((row) => ({ message: row.id, text: textOf(partsOf(row)) })),
    }
  }

  async #own(principal: Principal, conversation: string): Promise<void> {
    this.#ensureMay(principal)
    await findConversation(authorityOf(principal), this.#hub.store.reader, conversation)
  }

  #ensureMay(principal: Principal): void {
    if (mayList(principal, { name: 'chat', scope: 'chat:use' })) return
    throw new HubError('denied', `${principal.id} may not chat: it needs the scope chat:use`)
  }

  #ensureRoom(principal: Principal, { conversation }: ChatRequest): void {
    this.#ensureMay(principal)
    if (this.#hub.closing.aborted) throw new HubError('unavailable', 'the hub is shutting down')
    if (conversation !== undefined && this.#runs.of(conversation)) return // It waits its turn.
    const running = this.#runs.countOf(principal.id)
    if (running < maxRunningEach && this.#runs.count < maxRunning) return
    throw new HubError('exhausted', `${running} answers of ${principal.id} are under way`, {
      hint: 'Wait for one to end, or stop it.',
    })
  }

  async #waitingFrames(conversation: string): Promise<Frame[]> {
    const rows = await waitingMessages(this.#hub.store.reader, conversation)
    const chunk = { type: 'data-queue', id: 'queue', data: rows.map(toWaiting), transient: true }
    return [{ seq: 0, json: JSON.stringify(chunk) }]
  }

  #auditRow(
    principal: Principal,
    { conversation, trigger }: { conversation?: string | undefined; trigger: string },
  ) {
    return {
      org: principal.orgs[0] ?? '',
      principal: principal.id,
      tool: 'chat',
      outcome: 'ok' as const,
      subject: conversation,
      args: auditArgs({ trigger }),
      requestId: this.#hub.id('request'),
    }
  }
}

const isEnded = (run: Run, timeout: Promise<void>): Promise<boolean> =>
  Promise.race([run.ended.promise.then(() => true), timeout.then(() => false)])
