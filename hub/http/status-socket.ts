import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { ErrorCode } from '../../schemas/errors.ts'
import { HubError, errorBody } from '../../schemas/errors.ts'
import type { Event } from '../../schemas/event.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { HttpParts } from './parts.ts'

const heartbeatMs = 10_000
const maxUnreadBytes = 1024 * 1024
/** Close codes of RFC 6455 §7.4.1: for readers that are too slow or may not read any more, and for the end. */
const policy = 1008
const goingAway = 1001
const closeCode: Partial<Record<ErrorCode, number>> = {
  unavailable: goingAway,
  unauthenticated: policy,
  denied: policy,
}

const sockets = new WebSocketServer({ noServer: true, maxPayload: 4096 })

type Batch = { items: Event[]; next: number }

/**
 * `/v1/stream?after=N&task=T` as a WebSocket: the event stream, one JSON message each
 * (`{"type":"event",…}`), and a heartbeat that carries the cursor to resume from.
 */
export function streamStatus(
  hub: HttpParts,
  principal: () => Promise<Principal>,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  sockets.handleUpgrade(request, socket, head, (opened) => {
    const query = new URL(request.url ?? '/', 'http://hub').searchParams
    follow(hub, principal, opened, query).catch((error: unknown) => {
      const known = error instanceof HubError
      if (!known) hub.log.error({ error }, 'a status stream failed unexpectedly')
      const told = known ? error : new HubError('internal', 'the stream failed inside the hub')
      opened.send(JSON.stringify({ type: 'error', error: errorBody(told) }))
      opened.close(closeCode[told.code] ?? 1011)
    })
  })
}

async function follow(
  hub: HttpParts,
  principal: () => Promise<Principal>,
  socket: WebSocket,
  query: URLSearchParams,
): Promise<void> {
  const closed = new AbortController()
  const task = query.get('task')
  let after = query.has('after') ? Number(query.get('after')) : undefined
  if (after !== undefined && !Number.isSafeInteger(after))
    throw new HubError('invalid', 'the cursor `after` is not a number')
  const say = (message: object) => {
    socket.send(JSON.stringify(message))
    if (socket.bufferedAmount > maxUnreadBytes) socket.close(policy, 'resume from your cursor')
  }
  const beat = setInterval(() => {
    const at = hub.now()
    say({ type: 'heartbeat', at, uptimeMs: Math.round(at - hub.startedAt), next: after ?? null })
  }, heartbeatMs)
  socket.on('close', () => {
    clearInterval(beat)
    closed.abort()
  })
  const shut = () => closed.abort()
  hub.closing.addEventListener('abort', shut, { once: true })
  const read = async (waitMs: number) => {
    const args = { limit: 200, wait_ms: waitMs, ...(task === null ? {} : { task }) }
    const asked = { ...args, ...(after === undefined ? {} : { after }) }
    return hub.calls.tool(await principal(), 'event_list', asked, { signal: () => closed.signal })
  }
  try {
    for (let waitMs = 0; !closed.signal.aborted; waitMs = 25_000) {
      const batch = (await read(waitMs)) as Batch // The tool's output.
      for (const event of batch.items) say({ type: 'event', event })
      after = batch.next
      if (waitMs === 0) say({ type: 'ready', next: after })
    }
  } catch (error) {
    if (!closed.signal.aborted) throw error
  } finally {
    clearInterval(beat)
    hub.closing.removeEventListener('abort', shut)
  }
  socket.close(goingAway)
}
