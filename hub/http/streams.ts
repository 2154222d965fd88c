import type { IncomingMessage, ServerResponse } from 'node:http'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Event } from '../../schemas/event.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { HttpParts } from './parts.ts'

const pollMs = 25_000
const stalledMs = 15_000

type Batch<Item> = { items: Item[]; next: number }

/** `GET /events?after=N&task=T`: the event stream as Server-Sent Events, resumable by `id`. */
export function streamEvents(
  hub: HttpParts,
  principal: () => Promise<Principal>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const query = new URL(request.url ?? '/', 'http://hub').searchParams
  const [task, org] = [query.get('task'), query.get('org')]
  const fixed = { limit: 200, ...(task === null ? {} : { task }), ...(org === null ? {} : { org }) }
  return stream<Event>({
    request,
    response,
    hub,
    after: cursorOf(request, query),
    read: async (after, waitMs, signal) =>
      hub.calls.tool(
        await principal(),
        'event_list',
        { ...fixed, ...(after < 0 ? {} : { after }), wait_ms: waitMs },
        { signal: () => signal },
      ),
    idOf: (event) => event.seq,
  })
}

/** `GET /tasks/ID/log/stream?after=N`: a task's log as it grows, each chunk once, in order. */
export function streamLog(
  hub: HttpParts,
  principal: () => Promise<Principal>,
  task: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const query = new URL(request.url ?? '/', 'http://hub').searchParams
  return stream<LogChunk>({
    request,
    response,
    hub,
    after: Math.max(0, cursorOf(request, query)),
    read: async (after, waitMs, signal) =>
      hub.calls.tool(
        await principal(),
        'task_log',
        { task, after, max_bytes: 262_144, wait_ms: waitMs },
        { signal: () => signal },
      ),
    idOf: (chunk) => chunk.seq,
  })
}

/**
 * Reads from the store at the reader's own pace, so a slow reader costs no memory; one that takes
 * nothing for a while is dropped and resumes from its cursor.
 */
async function stream<Item>(options: {
  request: IncomingMessage
  response: ServerResponse
  hub: HttpParts
  after: number
  read(after: number, waitMs: number, signal: AbortSignal): Promise<unknown>
  idOf(item: Item): number
}): Promise<void> {
  const { request, response, hub, read, idOf } = options
  // A client that lost its stream asks this way whether it is still signed in.
  if (request.method === 'HEAD') return void response.writeHead(200).end()
  if (request.method !== 'GET') throw new HubError('invalid', 'streams are read with GET')
  const closed = new AbortController()
  response.on('close', () => closed.abort())
  let after = options.after
  // The first read decides about rights and existence while a status can still be sent.
  let batch = (await read(after, 0, closed.signal)) as Batch<Item> // Both tools return this shape.
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  response.write(`retry: 1000\nid: ${batch.next}\n\n`)
  try {
    while (!closed.signal.aborted && !hub.draining) {
      // One write for all that was read at once: each is a system call here and a task in the browser.
      const frames = batch.items.map(
        (item) => `id: ${idOf(item)}\ndata: ${JSON.stringify(item)}\n\n`,
      )
      if (frames.length > 0 && !response.write(frames.join('')))
        await drained(response, closed.signal)
      after = batch.next
      batch = (await read(after, pollMs, closed.signal)) as Batch<Item> // As above.
      if (batch.items.length === 0) response.write(': keep-alive\n\n')
    }
    response.end()
  } catch (error) {
    response.destroy()
    if (!(error instanceof HubError)) throw error
  }
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new HubError('exhausted', 'the reader is too slow')),
      stalledMs,
    )
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    response.once('drain', done)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** A reconnecting browser sends the last id it saw; -1 stands for "from now on". */
function cursorOf(request: IncomingMessage, query: URLSearchParams): number {
  const given = request.headers['last-event-id'] ?? query.get('after') ?? '-1'
  const after = Number(given)
  if (Number.isSafeInteger(after)) return after
  throw new HubError('invalid', `cursor ${JSON.stringify(given)} is not a number`)
}
