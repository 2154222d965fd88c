import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import { ApiError, isExpired, jsonOf } from './api-error.ts'
import { listAll } from './list.ts'
import { Bare, parsed } from './objects.ts'
import type { Call, Transport } from './transport.ts'

/** What happens to the objects of a kind; `all` is what there is, at first and where changes were missed. */
export type Change<T> =
  | { type: 'all'; items: T[] }
  | { type: 'set'; item: T }
  | { type: 'deleted'; item: T }

const maxLineBytes = 8 * 1024 * 1024
const longestPauseMs = 30_000
/** A server ends a watch after this time; longer silence means that the connection is gone. */
const watchSeconds = 240
const silentMs = (watchSeconds + 30) * 1000

/**
 * Lists and then watches, for as long as `signal` lets it. It goes on from the last version after
 * every break (bookmarks keep that recent where nothing changes), and lists again only where the
 * server no longer knows it (410). Pauses grow and are spread, so that the hubs of a server that
 * restarts do not all come back in the same moment.
 */
export async function* watch<T extends z.ZodType<{ metadata: { resourceVersion: string } }>>(
  transport: Transport,
  schema: T,
  options: {
    call: Pick<Call, 'path' | 'query'>
    clock: Clock
    signal: AbortSignal
    /** Told of each break, and of `undefined` once it goes on. */
    onTrouble(error: unknown): void
  },
): AsyncGenerator<Change<z.output<T>>> {
  const { call, clock, signal, onTrouble } = options
  let version: string | undefined
  let failures = 0
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list = await listAll(transport, schema, { ...call, signal })
        version = list.version
        yield { type: 'all', items: list.items }
      }
      const stream = await transport.stream(watchCall(call, version, signal), silentMs)
      if (failures > 0) onTrouble(undefined)
      failures = 0
      for await (const { type, object } of eventsOf(stream)) {
        version = parsed(Bare, object).metadata.resourceVersion
        if (type === 'BOOKMARK') continue
        yield { type: type === 'DELETED' ? 'deleted' : 'set', item: parsed(schema, object) }
      }
      await pause(clock, 50 + Math.random() * 200, signal)
    } catch (error) {
      if (signal.aborted) return
      if (isExpired(error)) {
        version = undefined
        continue
      }
      failures++
      onTrouble(error)
      const longest = Math.min(longestPauseMs, 250 * 2 ** failures)
      await pause(clock, longest * (0.5 + Math.random() / 2), signal)
    }
  }
}

const watchCall = (
  { path, query }: Pick<Call, 'path' | 'query'>,
  version: string,
  signal: AbortSignal,
): Call => ({
  path,
  query: {
    ...query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(Math.round(watchSeconds * (0.75 + Math.random() / 4))),
  },
  signal,
})

async function* eventsOf(stream: Readable): AsyncGenerator<z.output<typeof Event>> {
  for await (const line of linesOf(stream, maxLineBytes)) {
    const event = parsed(Event, jsonOf(line))
    // An error within a watch is a Status with a code of its own: 410 is the one to expect.
    if (event.type === 'ERROR')
      throw new ApiError('', {
        status: parsed(Code, event.object).code,
        body: JSON.stringify(event.object),
      })
    yield event
  }
}

/** The lines of a stream; one longer than `maxBytes` ends it. */
export async function* linesOf(stream: Readable, maxBytes: number): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      yield rest.subarray(start, end).toString('utf8')
      start = end + 1
    }
    rest = rest.subarray(start)
    if (rest.length > maxBytes) throw new Error(`a line is longer than ${maxBytes} bytes`)
  }
  if (rest.length > 0) yield rest.toString('utf8')
}

const Event = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
})
const Code = z.object({ code: z.number() })
