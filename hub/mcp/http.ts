import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Principal } from '../../schemas/principal.ts'
import { readBody } from '../http/body.ts'
import type { View } from '../discovery/catalog.ts'
import type { Hub } from '../hub.ts'
import type { RpcId, RpcRequest } from './protocol.ts'
import {
  RpcError,
  asRequest,
  errorReply,
  metaKey,
  parseJson,
  rpcCode,
  rpcHttpStatus,
} from './protocol.ts'
import { Router, isModern } from './router.ts'

type Session = { principal: string; usedAt: number; running: Map<RpcId, AbortController> }

const everything: View = {}
const maxSessions = 5000
const idleMs = 3_600_000

/**
 * MCP over Streamable HTTP, both eras on one address. The modern era is stateless. For the legacy
 * era a session carries what outlives a request: whose it is, and what can still be canceled.
 */
export class McpHttp {
  readonly #hub: Hub
  readonly #router: Router
  readonly #sessions = new Map<string, Session>()

  constructor(hub: Hub) {
    this.#hub = hub
    this.#router = new Router(hub)
  }

  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    principal: Principal,
  ): Promise<void> {
    if (request.method === 'DELETE') return this.#end(request, response, principal)
    if (request.method !== 'POST') {
      // The hub starts no messages of its own, so there is no stream to open with GET.
      return send(response, 405, errorReply(null, new RpcError(rpcCode.request, 'use POST')), {
        allow: 'POST, DELETE',
      })
    }
    const text = await readBody(request)
    try {
      const view = this.#viewOf(path, request.url ?? '')
      const message = asRequest(parseJson(text))
      if (isModern(message)) await this.#modern(message, request, response, principal, view)
      else await this.#legacy(message, request, response, principal, view)
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      send(response, rpcHttpStatus(error), errorReply(null, error))
    }
  }

  async #modern(
    message: RpcRequest,
    request: IncomingMessage,
    response: ServerResponse,
    principal: Principal,
    view: View,
  ): Promise<void> {
    checkHeaders(message, request)
    const { id } = message
    if (id === undefined) return void response.writeHead(202).end()
    const { text, error } = await this.#router.answer(
      { ...message, id },
      { principal, view, signal: signalOf(response) },
    )
    send(response, error ? rpcHttpStatus(error) : 200, text)
  }

  async #legacy(
    message: RpcRequest,
    request: IncomingMessage,
    response: ServerResponse,
    principal: Principal,
    view: View,
  ): Promise<void> {
    const sessionId = request.headers['mcp-session-id']
    const session = typeof sessionId === 'string' ? this.#find(sessionId, principal) : undefined
    if (typeof sessionId === 'string' && !session) {
      return send(
        response,
        404,
        errorReply(null, new RpcError(rpcCode.request, 'this session has ended; initialize again')),
      )
    }
    const { id } = message
    if (id === undefined) {
      if (message.method === 'notifications/cancelled')
        session?.running.get(message.params?.requestId as RpcId)?.abort() // Unknown ids find nothing.
      return void response.writeHead(202).end()
    }
    const abort = session ? new AbortController() : undefined
    if (abort) session?.running.set(id, abort)
    const signal = signalOf(response, abort)
    try {
      const { text } = await this.#router.answer({ ...message, id }, { principal, view, signal })
      if (abort?.signal.aborted) return void response.writeHead(202).end() // Canceled requests get no answer.
      const opened =
        message.method === 'initialize' ? { 'mcp-session-id': this.#open(principal) } : undefined
      send(response, 200, text, opened)
    } finally {
      session?.running.delete(id)
    }
  }

  #open(principal: Principal): string {
    const now = this.#hub.now()
    if (this.#sessions.size >= maxSessions) {
      for (const [id, { usedAt }] of this.#sessions) {
        if (usedAt < now - idleMs || this.#sessions.size >= maxSessions) this.#sessions.delete(id)
      }
    }
    const id = randomUUID()
    this.#sessions.set(id, { principal: principal.id, usedAt: now, running: new Map() })
    return id
  }

  #find(id: string, principal: Principal): Session | undefined {
    const session = this.#sessions.get(id)
    if (session?.principal !== principal.id) return undefined
    session.usedAt = this.#hub.now()
    return session
  }

  #end(request: IncomingMessage, response: ServerResponse, principal: Principal): void {
    const id = String(request.headers['mcp-session-id'] ?? '')
    const session = this.#find(id, principal)
    for (const abort of session?.running.values() ?? []) abort.abort()
    this.#sessions.delete(session ? id : '')
    response.writeHead(session ? 204 : 404).end()
  }

  /** `/mcp`, `/mcp/SERVER`, and `?view=lean` or `?tools=task_*,change_*` to be shown less. */
  #viewOf(path: string, url: string): View {
    if (url === '/mcp') return everything // Nearly every call.
    const query = new URL(url, 'http://hub').searchParams
    const view = query.get('view')
    if (view !== null && view !== 'lean' && view !== 'all') {
      throw new RpcError(
        rpcCode.params,
        `there is no view ${JSON.stringify(view.slice(0, 60))}; use lean or all`,
      )
    }
    const patterns = query
      .get('tools')
      ?.split(',')
      .map((pattern) => pattern.trim())
      .filter(Boolean)
    const shown = { lean: view === 'lean', ...(patterns ? { patterns } : {}) }
    if (path === '/mcp') return shown
    const server = path.slice('/mcp/'.length)
    const own = this.#hub.registry.servers.some(({ name }) => name === server)
    if (own || this.#hub.upstreams.states().some(({ name }) => name === server))
      return { ...shown, server }
    throw new RpcError(
      rpcCode.method,
      `there is no server ${JSON.stringify(server.slice(0, 60))} here`,
    )
  }
}

/** Modern requests mirror what routers need in headers; a mirror that differs is an attack or a bug. */
function checkHeaders(message: RpcRequest, request: IncomingMessage): void {
  const meta = message.params?._meta as Record<string, unknown> | undefined
  const name = message.method === 'tools/call' ? message.params?.name : undefined
  const expected: [string, unknown][] = [
    ['mcp-protocol-version', meta?.[metaKey.version]],
    ['mcp-method', message.method],
    ...(name === undefined ? [] : ([['mcp-name', name]] as [string, unknown][])),
  ]
  for (const [header, inBody] of expected) {
    const inHeader = decodeHeader(request.headers[header])
    if (inHeader === inBody) continue
    throw new RpcError(
      rpcCode.headerMismatch,
      `the header ${header} is ${JSON.stringify(inHeader ?? null)} and the body says ${JSON.stringify(inBody ?? null)}`,
    )
  }
}

/** Values that are no plain ASCII travel as `=?base64?…?=`. */
function decodeHeader(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined
  const encoded = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/.exec(value)?.[1]
  return encoded === undefined ? value : Buffer.from(encoded, 'base64').toString('utf8')
}

/** Makes a signal when first asked for; it fires when the caller goes away or cancels. */
function signalOf(
  response: ServerResponse,
  abort = undefined as AbortController | undefined,
): () => AbortSignal {
  let made = abort
  return () => {
    const controller = (made ??= new AbortController())
    response.once('close', () => controller.abort())
    return controller.signal
  }
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}
