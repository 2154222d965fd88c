import type { Params, RpcId } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { HubError } from '../../schemas/errors.ts'
import { modernVersion } from '../rpc/protocol.ts'
import { NotSent } from './channel.ts'
import type { Channel, ChannelEvents, Exchange, Pending } from './channel.ts'
import { eventsOf } from './event-stream.ts'
import type { Address, Answer } from './http-answer.ts'
import { Cancellation, isEventStream } from './http-answer.ts'
import { HttpSender } from './http-sender.ts'
import { pause } from './pause.ts'
import { AccessRefused, wordsOf } from './refused.ts'
import { SignInNeeded } from './sign-in/sign-in.ts'
import { answerTo, asParams, isReply, readMessage, replyOf, requestText } from './wire.ts'

type Cursor = { id: string | undefined; retryMs: number }

const maxResumes = 20
const shortMs = 10_000
const signedOutMs = 60_000

/**
 * An upstream over Streamable HTTP: one POST per message, answered as JSON or as an event stream.
 */
export class HttpChannel implements Channel {
  readonly #sender: HttpSender
  readonly #events: ChannelEvents
  readonly #closed = new AbortController()
  readonly #asked = new Map<RpcId, AbortController>()
  #nextId = 1

  constructor(address: Address, events: ChannelEvents) {
    this.#sender = new HttpSender(address)
    this.#events = events
  }

  get protocol(): string | undefined {
    return this.#sender.protocol
  }

  set protocol(protocol: string | undefined) {
    this.#sender.protocol = protocol
  }

  request(method: string, params: string, exchange: Exchange): Pending {
    const id = this.#nextId++
    const cancellation = new Cancellation()
    const reply = this.#exchange(
      id,
      method,
      requestText(id, method, params),
      exchange,
      cancellation,
    )
    const cancel = (reason: Error) => {
      if (cancellation.reason) return
      cancellation.cancel(reason)
      // In the modern era the closed connection says it; before, a message does.
      if (this.protocol === modernVersion) return
      const about = { requestId: id, reason: reason.message }
      this.notify('notifications/cancelled', about).catch(() => undefined) // Gone: nothing to cancel.
    }
    return { reply, cancel }
  }

  async notify(method: string, params: Params): Promise<void> {
    await this.#tell({ method, params })
  }

  listen(): void {
    void this.#listen()
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#sender.close()
  }

  async #exchange(
    id: number,
    method: string,
    body: string,
    exchange: Exchange,
    cancellation: Cancellation,
  ): Promise<Reply> {
    try {
      return await this.#exchangeOnce(id, method, body, exchange, cancellation)
    } catch (error) {
      throw cancellation.reason ?? error
    } finally {
      exchange.onEnd?.()
    }
  }

  async #exchangeOnce(
    id: number,
    method: string,
    body: string,
    exchange: Exchange,
    cancellation: Cancellation,
  ): Promise<Reply> {
    const session = this.#sender.session
    const answer = await this.#sender.post(body, cancellation, method, exchange.headers)
    if (answer.statusCode === 404 && session !== undefined) {
      await answer.body.dump()
      // Of several calls that find the session gone, the first says so; none of them began.
      if (this.#sender.session === session) {
        this.#sender.session = undefined
        this.#events.onClose('the session ended')
      }
      throw new NotSent('the session with the upstream has ended')
    }
    const opened = answer.headers['mcp-session-id']
    if (typeof opened === 'string') this.#sender.session = opened
    if (isEventStream(answer)) {
      const cursor: Cursor = { id: undefined, retryMs: 1000 }
      for (let stream = answer, resumes = 0; ; resumes++) {
        const reply = await this.#follow(stream, cursor, id, method, exchange)
        if (reply) return reply
        if (cursor.id === undefined || this.protocol === modernVersion || resumes >= maxResumes)
          throw new HubError('unavailable', 'the upstream closed its stream before it answered')
        await pause(cursor.retryMs, cancellation.signal)
        stream = await this.#sender.get(cursor.id, cancellation)
      }
    }
    const { statusCode: status } = answer
    const text = await answer.body.text()
    if (status === 401) throw new AccessRefused(status, wordsOf(text))
    const read = readMessage(text)
    if (read && isReply(read.message)) return replyOf(read, method)
    if (status === 403) throw new AccessRefused(status, wordsOf(text))
    throw new HubError('unavailable', `the upstream answered ${status} ${wordsOf(text)}`.trim(), {
      details: { status },
    })
  }

  /** Reads an event stream up to the reply to request `id`; undefined when it ends without. */
  async #follow(
    stream: Answer,
    cursor: Cursor,
    id: number | undefined,
    method: string,
    exchange: Exchange,
  ): Promise<Reply | undefined> {
    for await (const event of eventsOf(stream.body)) {
      if (event.id !== undefined) cursor.id = event.id
      if (event.retryMs !== undefined) cursor.retryMs = event.retryMs
      const read = event.data === '' ? undefined : readMessage(event.data)
      if (!read) continue
      const { message } = read
      if (message.method === undefined) {
        if (id !== undefined && message.id === id) return replyOf(read, method)
      } else if (message.id !== undefined) {
        void this.#answer(message.id, message.method, asParams(message.params), exchange)
      } else if (message.method === 'notifications/cancelled') {
        this.#asked.get(asParams(message.params).requestId as RpcId)?.abort() // Unknown ids find nothing.
      } else {
        const params = asParams(message.params)
        if (exchange.onNotification) exchange.onNotification(message.method, params)
        else this.#events.onNotification(message.method, params)
      }
    }
    return undefined
  }

  async #answer(id: RpcId, method: string, params: Params, exchange: Exchange): Promise<void> {
    const abort = new AbortController()
    this.#asked.set(id, abort)
    const answer = await answerTo(id, () =>
      exchange.onRequest
        ? exchange.onRequest(method, params, abort.signal)
        : this.#events.onRequest(method, params, abort.signal),
    )
    this.#asked.delete(id)
    if (abort.signal.aborted || this.#closed.signal.aborted) return
    await this.#tell(answer).catch(() => undefined) // Who asked is gone, and its request has failed.
  }

  /** The stream on which a server of the old era speaks on its own, reopened when it breaks. */
  async #listen(): Promise<void> {
    const cursor: Cursor = { id: undefined, retryMs: 1000 }
    const { signal } = this.#closed
    const cancellation = Cancellation.by(signal)
    while (!signal.aborted) {
      try {
        const stream = await this.#sender.get(cursor.id, cancellation)
        if (stream.statusCode >= 400 && stream.statusCode < 500) return void stream.body.dump() // It has none.
        if (isEventStream(stream)) await this.#follow(stream, cursor, undefined, '', {})
        await pause(cursor.retryMs, signal)
      } catch (error) {
        // Broken off. Whether the server lives is judged by calls; this only tries again later.
        const ms = error instanceof SignInNeeded ? signedOutMs : Math.max(cursor.retryMs, 2000)
        await pause(ms, signal).catch(() => undefined)
      }
    }
  }

  async #tell(message: object): Promise<void> {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    const answer = await this.#sender.post(
      text,
      Cancellation.by(AbortSignal.timeout(shortMs)),
      undefined,
      undefined,
    )
    await answer.body.dump()
  }
}
