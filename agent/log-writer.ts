import { isUtf8 } from 'node:buffer'
import type { LogStream } from '../schemas/log.ts'
import { maxChunkBytes } from '../schemas/log.ts'
import type { HubClient } from './hub-client.ts'

type Chunk = { stream: LogStream; at: number; encoding: 'utf8' | 'base64'; data: string }
type Pending = { stream: LogStream; at: number; bytes: Buffer }

const flushMs = 40
const maxPendingBytes = 2 * 1024 * 1024
const maxCallBytes = 1024 * 1024

/**
 * Sends a task's output to the hub in order, in batches. `write` waits while too much is on its way,
 * so that a process that prints faster than the hub stores is slowed down instead of filling memory.
 */
export class LogWriter {
  readonly #hub: HubClient
  readonly #task: string
  readonly #fence: number
  readonly #signal: AbortSignal
  #position: number
  #pending: Pending[] = []
  #pendingBytes = 0
  #sending: Promise<void> | undefined
  #failure: unknown

  constructor(
    hub: HubClient,
    lease: { task: string; fence: number; position: number },
    signal: AbortSignal,
  ) {
    this.#hub = hub
    this.#task = lease.task
    this.#fence = lease.fence
    this.#position = lease.position
    this.#signal = signal
  }

  /** The agent's own words, a line. */
  say(text: string): Promise<void> {
    return this.write('agent', Buffer.from(`${text}\n`))
  }

  async write(stream: LogStream, bytes: Buffer): Promise<void> {
    if (this.#failure) throw this.#failure
    const last = this.#pending.at(-1)
    if (last?.stream === stream && last.bytes.length + bytes.length <= maxChunkBytes) {
      last.bytes = Buffer.concat([last.bytes, bytes])
    } else {
      for (let start = 0; start < bytes.length; start += maxChunkBytes) {
        this.#pending.push({
          stream,
          at: Date.now(),
          bytes: bytes.subarray(start, start + maxChunkBytes),
        })
      }
    }
    this.#pendingBytes += bytes.length
    this.#sending ??= this.#drain()
    while (this.#pendingBytes > maxPendingBytes && !this.#failure) await this.#sending
    if (this.#failure) throw this.#failure
  }

  /** Resolves when everything written is stored. */
  async flush(): Promise<void> {
    while (this.#sending) await this.#sending
    if (this.#failure) throw this.#failure
  }

  async #drain(): Promise<void> {
    try {
      await new Promise((resolve) => setTimeout(resolve, flushMs))
      while (this.#pending.length > 0) await this.#send(this.#takeBatch())
    } catch (error) {
      this.#failure = error
    } finally {
      this.#sending = undefined
    }
  }

  #takeBatch(): Pending[] {
    let bytes = 0
    const count = this.#pending.findIndex((chunk, index) => {
      bytes += chunk.bytes.length
      return bytes > maxCallBytes || index >= 200
    })
    return this.#pending.splice(0, count < 0 ? this.#pending.length : Math.max(1, count))
  }

  async #send(batch: Pending[]): Promise<void> {
    const chunks = batch.map(toChunk)
    const args = { task: this.#task, fence: this.#fence, position: this.#position, chunks }
    const { position } = await this.#hub.call<{ position: number }>('task_log_append', args, {
      signal: this.#signal,
    })
    this.#position = position
    this.#pendingBytes -= batch.reduce((sum, chunk) => sum + chunk.bytes.length, 0)
  }
}

const toChunk = ({ stream, at, bytes }: Pending): Chunk =>
  isUtf8(bytes)
    ? { stream, at, encoding: 'utf8', data: bytes.toString('utf8') }
    : { stream, at, encoding: 'base64', data: bytes.toString('base64') }
