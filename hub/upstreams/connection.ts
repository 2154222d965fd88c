import type { Ending } from '../rpc/departure.ts'
import type { Identity, Params } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import { HubError } from '../../schemas/errors.ts'
import { RpcError, isObject, metaKey, modernVersion, rpcCode } from '../rpc/protocol.ts'
import type { Channel, ChannelEvents, Exchange, Pending } from './channel.ts'
import { Deadline } from './deadline.ts'
import { IdTable } from './id-table.ts'

/** What a server said of itself when the connection was made. */
export type Handshake = {
  modern: boolean
  version: string
  capabilities: Params
  info: Params
  instructions: string | undefined
}

export type Call = {
  timeoutMs: number
  signal?: Ending | undefined
  /** For whom it is; the modern era says it with each request. */
  client: Identity
  /** The text of `params.arguments`, to be passed on as it is. */
  rawArguments?: string | undefined
  headers?: Record<string, string> | undefined
  /** The caller's own token; progress comes back under it. */
  progressToken?: unknown
  onNotification?(method: string, params: Params): void
  onRequest?:
    | ((method: string, params: Params, signal: AbortSignal) => Promise<unknown>)
    | undefined
}

export type ConnectionEvents = {
  /** The connection serves a single client, so whatever is said on it is for that one. */
  isOwn: boolean
  /** What the upstream said on its own: changed lists, updated resources, log lines. */
  onNotification(method: string, params: Params): void
  onRequest(method: string, params: Params, signal: AbortSignal): Promise<unknown>
}

const envelopeKeys: string[] = [
  metaKey.version,
  metaKey.capabilities,
  metaKey.clientInfo,
  metaKey.logLevel,
]

/**
 * One handshake connection to an upstream. It knows which request each message belongs to: channels
 * with a stream per request say so themselves, on a pipe it follows from tokens and from who waits.
 */
export class Connection {
  readonly handshake: Handshake
  readonly #channel: Channel
  readonly #events: ConnectionEvents
  /** By the token under which the upstream reports their progress. */
  readonly #running = new IdTable<Running>()

  constructor(channel: Channel, handshake: Handshake, events: ConnectionEvents) {
    this.#channel = channel
    this.handshake = handshake
    this.#events = events
  }

  get isIdle(): boolean {
    return this.#running.isEmpty
  }

  request(method: string, params: Params, call: Call): Promise<Reply> {
    const running = new Running(method, call, this.#events, () => this.#running.take(token))
    const token = this.#running.add(running)
    call.signal?.addEventListener('abort', running.cancel)
    try {
      const pending = this.#channel.request(method, this.#paramsText(params, call, token), running)
      running.pending = pending
      if (call.signal?.aborted) running.cancel()
      return pending.reply
    } catch (error) {
      running.onEnd()
      return Promise.reject(error) // It could not be written.
    }
  }

  notify(method: string, params: Params): Promise<void> {
    return this.#channel.notify(method, params)
  }

  close(): Promise<void> {
    return this.#channel.close()
  }

  /** What a pipe carried without saying for whom. */
  readonly onNotification: ChannelEvents['onNotification'] = (method, params) => {
    const found =
      method === 'notifications/progress'
        ? this.#running.get(Number(params.progressToken))
        : method === 'notifications/message'
          ? this.#logReader()
          : undefined
    if (found) found.onNotification(method, params)
    else if (method !== 'notifications/progress') this.#events.onNotification(method, params)
  }

  /** A question on a pipe is taken to be about the request that began last. */
  readonly onRequest: ChannelEvents['onRequest'] = (method, params, signal) => {
    const found = this.#running.values().findLast(({ answers }) => answers)
    return (found ?? this.#events).onRequest(method, params, signal)
  }

  /** Log lines name no request. Only where a single one wants them is it certain whose they are. */
  #logReader(): Running | undefined {
    if (this.#events.isOwn) return this.#running.values().at(-1)
    const wanting = this.#running.values().filter(({ wantsLog }) => wantsLog)
    return wanting.length === 1 ? wanting[0] : undefined
  }

  #paramsText(params: Params, call: Call, token: number): string {
    let text = ''
    for (const key in params) {
      if (key === 'arguments' || key === '_meta' || params[key] === undefined) continue
      text += `${JSON.stringify(key)}:${JSON.stringify(params[key])},`
    }
    if (call.rawArguments !== undefined) text += `"arguments":${call.rawArguments},`
    else if (params.arguments !== undefined)
      text += `"arguments":${JSON.stringify(params.arguments)},`
    const meta = this.#meta(params._meta, call, token)
    return meta === undefined ? `{${text.slice(0, -1)}}` : `{${text}"_meta":${meta}}`
  }

  /** What goes along with a request, as JSON, if anything does: the hub's own part replaces the caller's. */
  #meta(sent: unknown, { client, progressToken }: Call, token: number): string | undefined {
    const meta: Params = this.handshake.modern ? envelope(client) : {}
    if (progressToken !== undefined) meta.progressToken = token
    let isEmpty = !this.handshake.modern && progressToken === undefined
    if (isObject(sent))
      for (const key in sent) {
        if (envelopeKeys.includes(key) || key === 'progressToken') continue
        meta[key] = sent[key]
        isEmpty = false
      }
    return isEmpty ? undefined : JSON.stringify(meta)
  }
}

/** One request while it runs, and where it goes what the upstream says in its course. */
class Running implements Exchange {
  readonly deadline: Deadline
  pending: Pending | undefined
  readonly #call: Call
  readonly #events: ConnectionEvents
  readonly #forget: () => void

  constructor(method: string, call: Call, events: ConnectionEvents, forget: () => void) {
    this.#call = call
    this.#events = events
    this.#forget = forget
    this.deadline = new Deadline(call.timeoutMs, () =>
      this.pending?.cancel(late(method, call.timeoutMs)),
    )
  }

  get headers(): Exchange['headers'] {
    return this.#call.headers
  }

  get wantsLog(): boolean {
    return this.#call.client.logLevel !== undefined && this.#call.onNotification !== undefined
  }

  get answers(): boolean {
    return this.#call.onRequest !== undefined
  }

  readonly cancel = (): void =>
    this.pending?.cancel(new HubError('canceled', 'the call was canceled'))

  onEnd(): void {
    this.deadline.end()
    this.#call.signal?.removeEventListener('abort', this.cancel)
    this.#forget()
  }

  onNotification(method: string, params: Params): void {
    this.deadline.renew()
    const call = this.#call
    if (method === 'notifications/progress')
      call.onNotification?.(method, { ...params, progressToken: call.progressToken })
    else if (method === 'notifications/message') call.onNotification?.(method, params)
    else this.#events.onNotification(method, params)
  }

  onRequest(method: string, params: Params, signal: AbortSignal): Promise<unknown> {
    const call = this.#call
    return this.deadline.during(
      call.onRequest
        ? call.onRequest(method, params, signal)
        : this.#events.onRequest(method, params, signal),
    )
  }
}

export const envelope = ({ info, capabilities, logLevel }: Identity): Params => ({
  [metaKey.version]: modernVersion,
  [metaKey.capabilities]: capabilities,
  [metaKey.clientInfo]: info,
  ...(logLevel === undefined ? {} : { [metaKey.logLevel]: logLevel }),
})

/** The answer where nobody can be asked: what the protocol allows, else that it is not supported. */
export function answerAlone(method: string): Promise<unknown> {
  if (method === 'ping') return Promise.resolve({})
  if (method === 'roots/list') return Promise.resolve({ roots: [] })
  return Promise.reject(
    new RpcError(rpcCode.method, `${method}: the caller of this request cannot be asked`),
  )
}

const late = (method: string, timeoutMs: number) =>
  new HubError('unavailable', `the upstream did not answer ${method} within ${timeoutMs} ms`)
