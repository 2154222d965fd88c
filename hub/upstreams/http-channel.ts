import { HubError } from '../../schemas/errors.ts'
import { RpcError, modernVersion } from '../mcp/protocol.ts'
import { NotSent } from './channel.ts'
import type { Channel, ChannelEvents, RequestOptions, RpcMessage } from './channel.ts'

const maxAnswerBytes = 32 * 1024 * 1024

/** An upstream over Streamable HTTP: one POST per message, answered as JSON or as an event stream. */
export function openHttp(
  server: { url: string; headers: Record<string, string> },
  events: ChannelEvents,
): Channel {
  let nextId = 1
  let session: string | undefined

  const post = async (message: RpcMessage, limit: AbortSignal): Promise<Response> => {
    const headers: Record<string, string> = {
      ...server.headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(channel.protocol ? { 'mcp-protocol-version': channel.protocol } : {}),
      ...(session ? { 'mcp-session-id': session } : {}),
    }
    if (channel.protocol === modernVersion && message.method) {
      headers['mcp-method'] = message.method
      if (typeof message.params?.name === 'string')
        headers['mcp-name'] = encodeHeader(message.params.name)
    }
    try {
      return await fetch(server.url, {
        method: 'POST',
        headers,
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
        signal: limit,
        redirect: 'error',
      })
    } catch (error) {
      throw limit.aborted
        ? limit.reason
        : new HubError('unavailable', `the upstream does not answer: ${cause(error)}`, {
            cause: error,
          })
    }
  }

  const channel: Channel = {
    protocol: undefined,
    request: async (method, params, { timeoutMs, signal }: RequestOptions) => {
      const timeout = new AbortController()
      const timer = setTimeout(
        () =>
          timeout.abort(
            new HubError(
              'unavailable',
              `the upstream did not answer ${method} within ${timeoutMs} ms`,
            ),
          ),
        timeoutMs,
      )
      const limit = signal ? AbortSignal.any([timeout.signal, signal]) : timeout.signal
      const id = nextId++
      try {
        const response = await post({ id, method, params }, limit)
        if (response.status === 404 && session !== undefined) {
          session = undefined
          events.onClose('the session ended')
          throw new NotSent('the session with the upstream has ended')
        }
        session = response.headers.get('mcp-session-id') ?? session
        const message = await answerOf(response, id, events)
        if (message.error)
          throw new RpcError(message.error.code, message.error.message, message.error.data, true)
        return message.result
      } catch (error) {
        if (signal?.aborted)
          throw new HubError('canceled', 'the call was canceled', { cause: error })
        throw limit.aborted ? limit.reason : error
      } finally {
        clearTimeout(timer)
      }
    },
    notify: async (method, params) => {
      const response = await post({ method, params }, AbortSignal.timeout(10_000))
      await response.body?.cancel()
    },
    close: async () => {
      if (session === undefined) return
      const headers = { ...server.headers, 'mcp-session-id': session }
      // Out of courtesy; a server that is gone has forgotten the session anyway.
      await fetch(server.url, {
        method: 'DELETE',
        headers,
        signal: AbortSignal.timeout(2000),
      }).catch(() => undefined)
    },
  }
  return channel
}

/** The message that answers request `id`, out of a JSON body or an event stream. */
async function answerOf(
  response: Response,
  id: number,
  events: ChannelEvents,
): Promise<RpcMessage> {
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('text/event-stream') && response.body) {
    for await (const message of messagesOf(response.body)) {
      if (message.id === id && message.method === undefined) return message
      if (message.method !== undefined && message.id === undefined)
        events.onNotification(message.method)
    }
    throw new HubError('unavailable', 'the upstream closed its stream before it answered')
  }
  const text = await response.text()
  try {
    const message = JSON.parse(text) as RpcMessage // Read field by field.
    if (message.result !== undefined || message.error?.code !== undefined) return message
  } catch {
    // Said below, with the status: it tells more than the syntax error.
  }
  throw new HubError(
    'unavailable',
    `the upstream answered ${response.status} ${text.slice(0, 200)}`.trim(),
  )
}

/** Server-Sent Events whose data are JSON-RPC messages. */
async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<RpcMessage> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > maxAnswerBytes)
      throw new HubError('exhausted', 'the upstream sent more than one answer may hold')
    const frames = text.split(/\r?\n\r?\n/)
    text = frames.pop() ?? ''
    for (const frame of frames) {
      const data = frame
        .split(/\r?\n/)
        .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trimStart()] : []))
        .join('\n')
      if (data) yield JSON.parse(data) as RpcMessage // Read field by field.
    }
  }
}

const encodeHeader = (value: string) =>
  /^[\x20-\x7e]*$/.test(value) ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`

const cause = (error: unknown): string => {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return inner instanceof Error ? inner.message : String(inner)
}
