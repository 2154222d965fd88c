import { HubError } from '../../schemas/errors.ts'
import type { RpcId } from '../mcp/protocol.ts'
import type { ChannelEvents, Params, Pending, Reply } from './channel.ts'
import { NotSent } from './channel.ts'
import { answerTo, asParams, readMessage, replyOf, requestText } from './wire.ts'

type Open = { method: string; resolve(reply: Reply): void; reject(error: unknown): void }

/** JSON-RPC both ways over one pair of streams, whatever they are: who waits for what. */
export class Duplex {
  readonly #events: ChannelEvents
  readonly #write: (text: string) => void
  readonly #open = new Map<number, Open>()
  /** What the upstream asked and was not answered yet. */
  readonly #asked = new Map<RpcId, AbortController>()
  #nextId = 1
  #ended: string | undefined

  constructor(events: ChannelEvents, write: (text: string) => void) {
    this.#events = events
    this.#write = write
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  request(method: string, params: string): Pending {
    const id = this.#nextId++
    let cancel: Pending['cancel'] = () => undefined
    const reply = new Promise<Reply>((resolve, reject) => {
      this.#send(requestText(id, method, params)) // NotSent, if it throws.
      this.#open.set(id, { method, resolve, reject })
      cancel = (reason) => {
        if (!this.#open.delete(id)) return
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
    const { id, method, params } = read.message
    if (method === undefined) this.#settle(read)
    else if (id !== undefined) void this.#answer(id, method, asParams(params))
    else if (method === 'notifications/cancelled')
      this.#asked.get(asParams(params).requestId as RpcId)?.abort() // Unknown ids find nothing.
    else this.#events.onNotification(method, asParams(params))
  }

  /** The streams are gone: everything that waits fails. */
  end(reason: string): void {
    if (this.hasEnded) return
    this.#ended = reason
    const error = new HubError('unavailable', `the upstream ended: ${reason}`)
    for (const { reject } of this.#open.values()) reject(error)
    this.#open.clear()
    for (const abort of this.#asked.values()) abort.abort()
    this.#events.onClose(reason)
  }

  #send(text: string): void {
    if (this.hasEnded) throw new NotSent(`the upstream has ended: ${this.#ended}`)
    this.#write(text)
  }

  #settle(read: NonNullable<ReturnType<typeof readMessage>>): void {
    const id = Number(read.message.id)
    const waiting = this.#open.get(id)
    if (!waiting) return // Canceled, or never asked.
    this.#open.delete(id)
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
    if (!abort.signal.aborted && !this.hasEnded) this.send(answer)
  }
}
