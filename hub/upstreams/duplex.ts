import type { Params, RpcId } from '../rpc/protocol.ts'
import { rpcCode } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { HubError } from '../../schemas/errors.ts'
import type { ChannelEvents, Exchange, Pending } from './channel.ts'
import { NotSent, UpstreamEnded } from './channel.ts'
import { AccessRefused } from './refused.ts'
import { IdTable } from './id-table.ts'
import type { Read } from './wire.ts'
import { answerTo, asParams, readMessage, replyOf, requestText } from './wire.ts'

type Open = {
  method: string
  exchange: Exchange
  resolve(reply: Reply): void
  reject(error: unknown): void
}

/** JSON-RPC both ways over one pair of streams, whatever they are: who waits for what. */
export class Duplex {
  readonly #events: ChannelEvents
  readonly #write: (text: string, id?: number) => void
  #open = new IdTable<Open>()
  /** What the upstream asked and was not answered yet. */
  readonly #asked = new Map<RpcId, AbortController>()
  #ended: string | undefined
  #cause: unknown

  /** `write` is told which request of ours a text is, if it is one. */
  constructor(events: ChannelEvents, write: (text: string, id?: number) => void) {
    this.#events = events
    this.#write = write
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  request(method: string, params: string, exchange: Exchange): Pending {
    let cancel: Pending['cancel'] = () => undefined
    const reply = new Promise<Reply>((resolve, reject) => {
      const id = this.#open.add({ method, exchange, resolve, reject })
      if (this.hasEnded) return this.#close(id)?.reject(this.#afterEnd())
      this.#write(requestText(id, method, params), id)
      cancel = (reason) => {
        if (!this.#close(id)) return
        const about = { requestId: id, reason: reason.message }
        if (!this.hasEnded) this.send({ method: 'notifications/cancelled', params: about })
        reject(reason)
      }
    })
    return { reply, cancel }
  }

  send(message: object): void {
    this.#send(JSON.stringify({ jsonrpc: '2.0', ...message }))
  }

  receive(text: string): void {
    const read = readMessage(text)
    if (!read) return // Some servers print to standard output; it is not ours to fail on that.
    try {
      this.#take(read)
    } catch (error) {
      // What is nested too deep to be written again cannot be passed on, like what is no JSON at all.
      if (!(error instanceof RangeError)) throw error
    }
  }

  #take(read: Read): void {
    const { id, method, params } = read.message
    if (method === undefined) this.#settle(read)
    else if (typeof id === 'string' || typeof id === 'number')
      void this.#answer(id, method, asParams(params))
    else if (method === 'notifications/cancelled')
      this.#asked.get(asParams(params).requestId as RpcId)?.abort() // Unknown ids find nothing.
    else if (id === undefined) this.#events.onNotification(method, asParams(params))
  }

  /** A request was not taken, and nothing of it began; others go on. */
  refuse(id: number, error: HubError): void {
    this.#close(id)?.reject(error)
  }

  /** The streams are gone: everything that waits fails, with an error of ours where that was the cause. */
  end(reason: string, cause?: unknown): void {
    if (this.hasEnded) return
    this.#ended = reason
    this.#cause = cause
    const error = cause instanceof HubError ? cause : new UpstreamEnded(reason, cause)
    for (const { exchange, reject } of this.#open.values()) {
      exchange.onEnd?.()
      reject(error)
    }
    this.#open = new IdTable()
    for (const abort of this.#asked.values()) abort.abort()
    this.#events.onClose(reason)
  }

  /** Nothing is sent any more; who was refused before is refused still. */
  #afterEnd(): HubError {
    if (this.#cause instanceof AccessRefused) return this.#cause
    return new NotSent(`the upstream has ended: ${this.#ended}`)
  }

  #send(text: string): void {
    if (this.hasEnded) throw this.#afterEnd()
    this.#write(text)
  }

  #close(id: number): Open | undefined {
    const open = this.#open.take(id)
    open?.exchange.onEnd?.()
    return open
  }

  #settle(read: Read): void {
    const waiting = this.#close(Number(read.message.id))
    if (!waiting) return // Canceled, or never asked.
    try {
      waiting.resolve(replyOf(read, waiting.method))
    } catch (error) {
      waiting.reject(error)
    }
  }

  async #answer(id: RpcId, method: string, params: Params): Promise<void> {
    const abort = new AbortController()
    this.#asked.set(id, abort)
    const answer = await answerTo(id, () => this.#events.onRequest(method, params, abort.signal))
    this.#asked.delete(id)
    if (abort.signal.aborted || this.hasEnded) return
    try {
      this.send(answer)
    } catch (error) {
      const message = `the answer cannot be written: ${String(error)}`
      this.send({ id, error: { code: rpcCode.internal, message } })
    }
  }
}
