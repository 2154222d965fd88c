import type { View } from '../rpc/caller.ts'
import type { Readable, Writable } from 'node:stream'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { McpParts } from './parts.ts'
import { Departure } from '../rpc/departure.ts'
import { lineSplitter } from '../upstreams/lines.ts'
import { parseMessage } from '../rpc/json.ts'
import type { RpcId, RpcRequest } from '../rpc/protocol.ts'
import { RpcError, asMessage, errorReply, rpcCode } from '../rpc/protocol.ts'
import { Router, isModern } from './router.ts'
import type { Session } from '../rpc/session.ts'
import { Sessions } from './sessions.ts'

type Options = {
  /** Who is at the other end; asked for each request, throws HubError when nobody may be any more. */
  principal(): Promise<Principal>
  view: View
  input: Readable
  output: Writable
}

const maxRunning = 256
const maxLineChars = 8 * 1024 * 1024

/**
 * MCP over standard input and output: a JSON-RPC message a line, both eras on one pipe (clients ask
 * `server/discover` first and may go on with `initialize`). Resolves when the input ends, or the hub
 * drains, and every running call was answered.
 */
export function serveStdio(hub: McpParts, options: Options): Promise<void> {
  const { input } = options
  const pipe = new Pipe(hub, options)
  const lines: string[] = []
  const split = lineSplitter(
    maxLineChars,
    (line) => lines.push(line),
    () => pipe.refuse(`a message is limited to ${maxLineChars} characters`),
  )
  return new Promise((resolve, reject) => {
    const take = async (chunk: Buffer) => {
      split(chunk)
      input.pause()
      for (const line of lines.splice(0)) if (line.trim() !== '') await pipe.receive(line)
      input.resume()
    }
    const onData = (chunk: Buffer) => void take(chunk).catch(reject)
    const stop = () => {
      input.off('data', onData)
      input.resume() // What is left unread when a socket closes would take the last answers with it.
      hub.closing.removeEventListener('abort', stop)
      pipe.finish().then(resolve, reject)
    }
    input.on('data', onData)
    input.once('end', stop)
    input.once('error', stop)
    hub.closing.addEventListener('abort', stop, { once: true })
  })
}

class Pipe {
  readonly #hub: McpParts
  readonly #options: Options
  readonly #router: Router
  readonly #sessions: Sessions
  readonly #running = new Map<RpcId, { leaving: Departure; done: Promise<void> }>()
  #session: Session | undefined

  constructor(hub: McpParts, options: Options) {
    this.#hub = hub
    this.#options = options
    this.#router = new Router(hub)
    this.#sessions = new Sessions(hub)
  }

  async receive(line: string): Promise<void> {
    try {
      const { value, rawArguments } = parseMessage(line)
      const message = asMessage(value)
      if (!('method' in message)) return this.#session?.settle(message)
      const { id } = message
      if (id === undefined) return this.#hear(message)
      const principal = await this.#caller(id)
      if (!principal) return
      this.#begin({ ...message, id }, principal, rawArguments)
      // A client that sends without reading would fill memory: the pipe waits instead.
      if (this.#running.size >= maxRunning)
        await Promise.race([...this.#running.values()].map((call) => call.done))
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      this.#write(errorReply(null, error))
    }
  }

  /** Who asks, as of now: a credential may have been revoked since the pipe was opened. */
  async #caller(id: RpcId): Promise<Principal | undefined> {
    try {
      const principal = await this.#options.principal()
      this.#hub.rateLimit.take(principal)
      return principal
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      const { code, message, details } = error
      const refusal = new RpcError(rpcCode.internal, message, { code, details })
      this.#write(errorReply(id, refusal))
      return undefined
    }
  }

  /** What cannot even be read has no id to be answered under. */
  refuse(why: string): void {
    this.#write(errorReply(null, new RpcError(rpcCode.request, why)))
  }

  /** Lets what runs finish; what only listens is ended. */
  async finish(): Promise<void> {
    const timer = setTimeout(() => {
      for (const { leaving } of this.#running.values()) leaving.abort()
    }, this.#hub.config().drainMs)
    for (const [id, { leaving }] of this.#running) if (this.#listening.has(id)) leaving.abort()
    await Promise.all([...this.#running.values()].map((call) => call.done))
    clearTimeout(timer)
    this.#sessions.endAll()
  }

  readonly #listening = new Set<RpcId>()

  #begin(
    message: RpcRequest & { id: RpcId },
    principal: Principal,
    rawArguments: string | undefined,
  ): void {
    const { id, method, params = {} } = message
    const { view } = this.#options
    const leaving = new Departure()
    const modern = isModern(message)
    if (method === 'subscriptions/listen') this.#listening.add(id)
    const caller = {
      principal,
      view,
      session: modern ? undefined : this.#session,
      rawArguments,
      signal: () => leaving.signal,
      leaving,
      send: (text: string) => this.#write(text),
    }
    const done = this.#router.answer(message, caller, modern).then(({ text }) => {
      this.#running.delete(id)
      this.#listening.delete(id)
      if (!modern && method === 'initialize') this.#openSession(principal, params)
      if (!leaving.aborted) this.#write(text)
    })
    this.#running.set(id, { leaving, done })
  }

  #openSession(principal: Principal, params: Record<string, unknown>): void {
    if (this.#session) this.#sessions.end(this.#session)
    this.#session = this.#sessions.open(principal.id, params)
    this.#session.attach((text) => this.#write(text))
    this.#hub.upstreams.hold(this.#session.id, true)
  }

  #hear({ method, params = {} }: RpcRequest): void {
    if (method === 'notifications/cancelled')
      this.#running.get(params.requestId as RpcId)?.leaving.cancel() // Unknown ids find nothing.
    else if (this.#session && method !== 'notifications/initialized')
      this.#hub.upstreams.tell(this.#session.id, 'notification', method, params)
  }

  #write(text: string): void {
    this.#options.output.write(`${text}\n`)
  }
}
