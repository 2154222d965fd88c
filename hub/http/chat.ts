import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { ChatRequest } from '../../schemas/chat.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Stream } from '../chat/chat.ts'
import { parseStrictly } from '../rpc/json.ts'
import { RpcError } from '../rpc/protocol.ts'
import { readBody } from './body.ts'
import type { HttpParts } from './parts.ts'

// Less than what clients and proxies wait for the next byte; also how often a credential is looked at again.
const keepAliveMs = 15_000
const stalledMs = 30_000

type Door = {
  hub: HttpParts
  principal: Principal
  /** Authenticates once more: a credential may be revoked while a stream is open. */
  again(): Promise<Principal>
}

/** `POST /chat`, `GET /chat/CONVERSATION/stream` and `POST /chat/CONVERSATION/stop`. */
export async function serveChat(
  door: Door,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { hub, principal } = door
  const method = request.method ?? ''
  if (path === '/chat' && method === 'POST') {
    const closed = closing(response)
    const asked = parseRequest(await readBody(request))
    return stream(door, await hub.chat.submit(principal, asked, closed), response, closed)
  }
  const [, conversation = '', what] = /^\/chat\/([\w-]{1,60})\/(stream|stop)$/.exec(path) ?? []
  if (what === 'stop' && method === 'POST') {
    await readBody(request)
    const body = JSON.stringify(await hub.chat.halt(principal, conversation))
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
    return void response.writeHead(200, headers).end(body)
  }
  if (what === 'stream' && (method === 'GET' || method === 'HEAD')) {
    const signal = closing(response)
    const found = await hub.chat.follow(principal, conversation, {
      after: afterOf(request),
      signal,
    })
    if (!found) return void response.writeHead(204, { 'cache-control': 'no-store' }).end()
    if (method === 'HEAD') return void response.writeHead(200).end()
    return stream(door, found, response, signal)
  }
  throw new HubError('not_found', `there is nothing at ${method} ${path}`, {
    hint: 'POST /chat, GET /chat/CONVERSATION/stream and POST /chat/CONVERSATION/stop are there; the tools chat_list and chat_read show the rest.',
  })
}

/** Sends frames as they come. A reader that takes nothing is dropped, and may come back and resume. */
async function stream(
  { again }: Door,
  frames: Stream,
  response: ServerResponse,
  closed: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-vercel-ai-ui-message-stream': 'v1',
  })
  response.flushHeaders()
  const alive = setInterval(() => {
    response.write(': keep-alive\n\n')
    again().catch(() => response.destroy())
  }, keepAliveMs)
  try {
    for await (const { seq, json } of frames) {
      if (closed.aborted) return
      if (!response.write(`id: ${seq}\ndata: ${json}\n\n`)) await drained(response, closed)
    }
    response.end('data: [DONE]\n\n')
  } catch (error) {
    response.destroy()
    if (!(error instanceof HubError)) throw error
  } finally {
    clearInterval(alive)
  }
}

function drained(response: ServerResponse, closed: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      response.off('drain', done)
      closed.removeEventListener('abort', done)
    }
    const done = () => {
      end()
      resolve()
    }
    const timer = setTimeout(() => {
      end()
      reject(new HubError('exhausted', 'the reader is too slow'))
    }, stalledMs)
    response.once('drain', done)
    closed.addEventListener('abort', done, { once: true })
  })
}

/** Aborts when the reader goes away; the answer goes on. */
function closing(response: ServerResponse): AbortSignal {
  const closed = new AbortController()
  response.on('close', () => closed.abort())
  return closed.signal
}

function parseRequest(text: string): ChatRequest {
  try {
    const parsed = ChatRequest.safeParse(parseStrictly(text))
    if (parsed.success) return parsed.data
    throw new HubError('invalid', `the request: ${z.prettifyError(parsed.error).slice(0, 1000)}`)
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    throw new HubError('invalid', error.message, { cause: error })
  }
}

/** A browser that reconnects by itself sends the last id that it saw. */
function afterOf({ url = '/', headers }: IncomingMessage): number {
  const given =
    headers['last-event-id'] ?? new URL(url, 'http://hub').searchParams.get('after') ?? '0'
  const after = Number(given)
  if (Number.isSafeInteger(after) && after >= 0) return after
  throw new HubError('invalid', `\`after\` is ${JSON.stringify(given)} and no number of a frame`)
}
