import type { LogOptions } from '../../../kit/cluster-driver.ts'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import { ApiError, hasStatus } from './api-error.ts'
import { containerName } from './names.ts'
import type { Transport } from './transport.ts'
import { linesOf } from './watch.ts'

const againMs = 500
const maxLineBytes = 1024 * 1024
const maxTailLines = 100_000

type Source = { transport: Transport; path: string }

/** The end of what a pod has written so far. */
export async function readTail(
  { transport, path }: Source,
  tailBytes: number,
  signal: AbortSignal,
  follow = false,
): Promise<Buffer> {
  const query = {
    container: containerName,
    tailLines: String(Math.min(tailBytes, maxTailLines)),
    ...(follow ? { follow: 'true' } : {}),
  }
  const stream = await transport.stream({ path, query, signal }, follow ? 0 : againMs * 30)
  const tail = new Tail(tailBytes)
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) tail.add(chunk)
  } catch (error) {
    if (!follow) throw error // The last words are what was heard until the end.
  }
  return tail.bytes()
}

/**
 * What a pod writes, until it ends. A stream may be silent for ever; one that breaks is taken up at
 * the time of the last line, since that is all the API can go on from.
 */
async function* followLog(
  source: Source,
  options: { tailBytes: number; clock: Clock; signal: AbortSignal; isLive(): boolean },
): AsyncGenerator<Buffer> {
  const { tailBytes, clock, signal, isLive } = options
  let last = ''
  while (isLive()) {
    signal.throwIfAborted()
    try {
      if (last === '') {
        // There is no way to ask for a number of bytes, so the lines are counted back here.
        const lines: { at: string; bytes: Buffer }[] = []
        let size = 0
        for await (const line of timedLines(
          source,
          { tailLines: `${Math.min(tailBytes, maxTailLines)}` },
          signal,
        )) {
          lines.push(line)
          size += line.bytes.length
          while (size > tailBytes && lines.length > 0) size -= lines.shift()?.bytes.length ?? 0
        }
        for (const { bytes } of lines) yield bytes
        last = lines.at(-1)?.at ?? ''
      }
      const since = last === '' ? {} : { sinceTime: last }
      for await (const { at, bytes } of timedLines(source, { ...since, follow: 'true' }, signal)) {
        if (at <= last) continue // The API counts from whole seconds.
        last = at
        yield bytes
      }
    } catch (error) {
      signal.throwIfAborted()
      // It has not begun yet, or the server is away; whether the pod still lives is found elsewhere.
      if (error instanceof ApiError && error.status === 403) throw error
    }
    if (isLive()) await pause(clock, againMs, signal)
  }
  signal.throwIfAborted()
}

async function* timedLines(
  { transport, path }: Source,
  query: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<{ at: string; bytes: Buffer }> {
  const call = { path, query: { container: containerName, timestamps: 'true', ...query }, signal }
  for await (const line of linesOf(await transport.stream(call, 0), maxLineBytes)) {
    const space = line.indexOf(' ')
    yield { at: line.slice(0, space), bytes: Buffer.from(`${line.slice(space + 1)}\n`) }
  }
}

/** The end of a stream of bytes. */
class Tail {
  readonly #most: number
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor(most: number) {
    this.#most = most
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    for (
      let first = this.#chunks[0];
      first && this.#size - first.length >= this.#most;
      first = this.#chunks[0]
    ) {
      this.#size -= first.length
      this.#chunks.shift()
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks).subarray(-this.#most)
  }
}

/** What a pod that lives has written, and writes; whether there was anything. */
export async function* readLive(
  source: Source,
  options: LogOptions & { clock: Clock; isLive(): boolean },
): AsyncGenerator<Uint8Array, boolean> {
  if (!options.follow) {
    const unlessBegun = (error: unknown): Buffer => {
      // A node's answer for a container that has not begun, which has written nothing yet.
      if (hasStatus(error, 400) && options.isLive()) return Buffer.alloc(0)
      throw error
    }
    yield await readTail(source, options.tailBytes, options.signal).catch(unlessBegun)
    return true
  }
  let isTold = false
  for await (const bytes of followLog(source, options)) {
    isTold = true
    yield bytes
  }
  return isTold
}
