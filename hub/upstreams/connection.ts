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
  signal?: AbortSignal | undefined
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

type Running = { exchange: Exchange; wantsLog: boolean; answers: boolean }

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

  async request(method: string, params: Params, call: Call): Promise<Reply> {
    let pending: Pending | undefined
    const deadline = new Deadline(call.timeoutMs, () =>
      pending?.cancel(late(method, call.timeoutMs)),
    )
    const canceled = () => pending?.cancel(new HubError('canceled', 'the call was canceled'))
    const ask = call.onRequest ?? this.#events.onRequest
    // Whole in one literal: V8 makes a hidden class of its own for each object that gets a function later.
    const running: Running = {
      exchange: {
        headers: call.headers,
        onNotification: (about, said) => {
          deadline.renew()
          if (about === 'notifications/progress')
            call.onNotification?.(about, { ...said, progressToken: call.progressToken })
          else if (about === 'notifications/message') call.onNotification?.(about, said)
          else this.#events.onNotification(about, said)
        },
        onRequest: (asked, about, signal) => deadline.during(ask(asked, about, signal)),
      },
      wantsLog: call.client.logLevel !== undefined && call.onNotification !== undefined,
      answers: call.onRequest !== undefined,
    }
    const token = this.#running.add(running)
    try {
      pending = this.#channel.request(
        method,
        this.#paramsText(params, call, token),
        running.exchange,
      )
      if (call.signal?.aborted) canceled()
      else call.signal?.addEventListener('abort', canceled, { once: true })
      return await pending.reply
    } finally {
      deadline.end()
      call.signal?.removeEventListener('abort', canceled)
      this.#running.take(token)
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
    if (found) found.exchange.onNotification?.(method, params)
    else if (method !== 'notifications/progress') this.#events.onNotification(method, params)
  }

  /** A question on a pipe is taken to be about the request that began last. */
  readonly onRequest: ChannelEvents['onRequest'] = (method, params, signal) => {
    const found = this.#running.values().findLast(({ answers }) => answers)
    const ask = found?.exchange.onRequest ?? this.#events.onRequest
    return ask(method, params, signal)
  }

  /** Log lines name no request. Only where a single one wants them is it certain whose they are. */
  #logReader(): Running | undefined {
    if (this.#events.isOwn) return this.#running.values().at(-1)
    const wanting = this.#running.values().filter(({ wantsLog }) => wantsLog)
    return wanting.length === 1 ? wanting[0] : undefined
  }

  #paramsText(params: Params, call: Call, token: number): string {
    const { arguments: args, _meta, ...rest } = params
    const meta: Params = {}
    for (const [key, value] of Object.entries(isObject(_meta) ? _meta : {})) {
      if (!envelopeKeys.includes(key) && key !== 'progressToken') meta[key] = value
    }
    if (call.progressToken !== undefined) meta.progressToken = token
    if (this.handshake.modern) Object.assign(meta, envelope(call.client))
    const parts = Object.entries(rest).map(
      ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
    )
    if (call.rawArguments !== undefined) parts.push(`"arguments":${call.rawArguments}`)
    else if (args !== undefined) parts.push(`"arguments":${JSON.stringify(args)}`)
    if (Object.keys(meta).length > 0) parts.push(`"_meta":${JSON.stringify(meta)}`)
    return `{${parts.join()}}`
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
