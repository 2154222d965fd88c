import type { View } from '../rpc/caller.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '../../schemas/principal.ts'
import { readBody } from './body.ts'
import type { HttpParts } from './parts.ts'
import { parseMessage } from '../rpc/json.ts'
import { checkMirrors } from './mirrored-headers.ts'
import type { RpcId, RpcReply, RpcRequest } from '../rpc/protocol.ts'
import {
  RpcError,
  asMessage,
  errorReply,
  legacyVersions,
  modernVersion,
  rpcCode,
  rpcHttpStatus,
} from '../rpc/protocol.ts'
import { ReplyStream } from './reply-stream.ts'
import { Router, isModern } from '../mcp/router.ts'
import { Departure } from '../rpc/departure.ts'
import type { Session } from '../rpc/session.ts'
import { Sessions } from '../mcp/sessions.ts'
import { viewOf } from '../mcp/view.ts'

/** One POST: whose it is, what it says, and where the answer goes. */
type Post = {
  principal: Principal
  view: View
  rawArguments: string | undefined
  request: IncomingMessage
  response: ServerResponse
}

/**
 * MCP over Streamable HTTP, both eras on one address. The modern era is stateless. For the old one a
 * session carries what outlives a request.
 */
export class McpHttp {
  readonly #hub: HttpParts
  readonly #router: Router
  readonly #sessions: Sessions

  constructor(hub: HttpParts) {
    this.#hub = hub
    this.#router = new Router(hub)
    this.#sessions = new Sessions(hub)
  }

  /** `again` says who the caller is at a later time, and throws HubError when it is nobody any more. */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    {
      path,
      principal,
      again,
    }: { path: string; principal: Principal; again: () => Promise<Principal> },
  ): Promise<void> {
    try {
      if (request.method === 'DELETE') return this.#end(request, response, principal)
      if (request.method === 'GET') {
        this.#endWhenRevoked(response, again)
        return this.#listen(request, response, principal)
      }
      if (request.method !== 'POST') throw new RpcError(rpcCode.request, 'use POST')
      const { value, rawArguments } = parseMessage(await readBody(request))
      const message = asMessage(value)
      const view = viewOf(this.#hub, path, request.url ?? '')
      const post = { principal, view, rawArguments, request, response }
      if (!('method' in message)) return this.#settle(message, post)
      if (message.method === 'subscriptions/listen') this.#endWhenRevoked(response, again)
      const modern = isModern(message) || request.headers['mcp-protocol-version'] === modernVersion
      if (modern) await this.#modern(message, post)
      else await this.#legacy(message, post)
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      new ReplyStream(request, response).end(rpcHttpStatus(error), errorReply(null, error))
    }
  }

  #modern(message: RpcRequest, post: Post): Promise<void> | void {
    const { request, response, principal, view, rawArguments } = post
    if (!hasId(message)) return void response.writeHead(202).end()
    const { id } = message
    const reply = new ReplyStream(request, response)
    try {
      checkMirrors(this.#hub, message, request)
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      return reply.end(rpcHttpStatus(error), errorReply(id, error))
    }
    const leaving = departureOf(response)
    const caller = {
      principal,
      view,
      session: undefined,
      rawArguments,
      signal: () => leaving.signal,
      leaving,
      send: (text: string) => reply.send(text),
    }
    return this.#router
      .answer(message, caller, true)
      .then(({ text, error }) => reply.end(error ? rpcHttpStatus(error) : 200, text))
  }

  async #legacy(message: RpcRequest, post: Post): Promise<void> {
    const { request, response, principal } = post
    checkVersion(request)
    const { id, method } = message
    const isFirst = method === 'initialize'
    const session = isFirst ? undefined : this.#sessionOf(request, principal)
    if (id === undefined) {
      if (session) this.#hear(session, message)
      return void response.writeHead(202).end()
    }
    const reply = new ReplyStream(request, response)
    const leaving = departureOf(response)
    session?.running.set(id, leaving)
    const caller = {
      ...post,
      session,
      signal: () => leaving.signal,
      leaving,
      send: (text: string) => (reply.acceptsStream ? reply.send(text) : session?.push(text)),
    }
    try {
      const { text } = await this.#router.answer({ ...message, id }, caller, false)
      if (leaving.aborted) return reply.end(202, '') // Canceled requests get no answer.
      const opened = isFirst ? this.#sessions.open(principal.id, message.params ?? {}) : undefined
      reply.end(200, text, opened && { 'mcp-session-id': opened.id })
    } finally {
      session?.running.delete(id)
    }
  }

  /** A stream that is only listened to must not outlive the right to listen. */
  #endWhenRevoked(response: ServerResponse, again: () => Promise<Principal>): void {
    const stop = this.#hub.topics.subscribe('tokens', () => {
      // Whoever listens comes back, and is told why it may not.
      again().catch(() => response.destroy())
    })
    response.once('close', stop)
  }

  /** What a client of the old era says without expecting an answer. */
  #hear(session: Session, { method, params = {} }: RpcRequest): void {
    if (method === 'notifications/cancelled')
      session.running.get(params.requestId as RpcId)?.cancel() // Unknown ids find nothing.
    else if (method !== 'notifications/initialized')
      this.#hub.upstreams.tell(session.id, 'notification', method, params)
  }

  /** Takes the answer to something the hub asked. */
  #settle(message: RpcReply, { request, response, principal }: Post): void {
    this.#sessionOf(request, principal)?.settle(message)
    response.writeHead(202).end()
  }

  /** Opens the stream on which a session hears what belongs to no request. */
  #listen(request: IncomingMessage, response: ServerResponse, principal: Principal): void {
    const stream = new ReplyStream(request, response)
    const session = this.#sessionOf(request, principal)
    if (!session || !stream.acceptsStream) {
      const problem = new RpcError(rpcCode.request, 'use POST; GET opens the stream of a session')
      return stream.end(405, errorReply(null, problem), { allow: 'POST, DELETE' })
    }
    stream.open()
    const detach = session.attach((text) => stream.send(text))
    this.#hub.upstreams.hold(session.id, true)
    const hangUp = () => stream.end(200, '')
    session.onEnd(hangUp)
    // Calls that run may finish while the hub drains; a stream that only listens would hold it up.
    this.#hub.closing.addEventListener('abort', hangUp, { once: true })
    response.on('close', () => {
      this.#hub.closing.removeEventListener('abort', hangUp)
      if (detach()) this.#hub.upstreams.hold(session.id, false)
    })
  }

  /** The session that the request names, if it names one. Throws RpcError when it has ended. */
  #sessionOf(request: IncomingMessage, principal: Principal): Session | undefined {
    const id = request.headers['mcp-session-id']
    if (typeof id !== 'string') return undefined
    const session = this.#sessions.find(id, principal.id)
    if (session) return session
    throw new RpcError(rpcCode.session, 'this session has ended; initialize again')
  }

  #end(request: IncomingMessage, response: ServerResponse, principal: Principal): void {
    const session = this.#sessionOf(request, principal)
    if (session) this.#sessions.end(session)
    response.writeHead(session ? 204 : 400).end()
  }
}

const hasId = (message: RpcRequest): message is RpcRequest & { id: RpcId } =>
  message.id !== undefined

function checkVersion(request: IncomingMessage): void {
  const version = request.headers['mcp-protocol-version']
  if (version === undefined || legacyVersions.includes(String(version))) return
  throw new RpcError(
    rpcCode.request,
    `protocol version ${JSON.stringify(version)} is not supported; these are: ${[modernVersion, ...legacyVersions].join(', ')}`,
  )
}

/** Ends when the caller goes away, or cancels. */
function departureOf(response: ServerResponse): Departure {
  const leaving = new Departure()
  // Every response closes; only one that was not sent to its end means that the caller went away.
  response.on('close', () => {
    if (!response.writableFinished) leaving.abort()
  })
  return leaving
}
