import type { Dispatcher } from 'undici'
import type { IncomingHttpHeaders } from 'node:http'
import { HubError } from '../../schemas/errors.ts'
import type { SignIn } from './sign-in/sign-in.ts'

/** Where an upstream is, and how the hub authenticates there: configured headers, or a sign-in. */
export type Address = {
  url: string
  headers: Headers
  signIn: SignIn | undefined
}

export type Headers = Record<string, string>

/** A request to it, but for the path, which is always the same. */
export type Outgoing = {
  method: 'GET' | 'POST' | 'DELETE'
  headers: Headers
  body?: string
  cancellation: Cancellation
}

/** What an upstream answered; its body is still to be read, or to be dumped. */
export type Answer = { statusCode: number; headers: IncomingHttpHeaders; body: AnswerBody }

const maxAnswerBytes = 32 * 1024 * 1024
const maxUnreadBytes = 256 * 1024
const maxDumpedBytes = 128 * 1024

export const isEventStream = (answer: Answer): boolean =>
  (answer.headers['content-type'] ?? '').startsWith('text/event-stream')

/**
 * How one request is given up. It does what an AbortController does, at a fraction of the cost, which
 * counts where there is one for each call.
 */
export class Cancellation {
  reason: Error | undefined
  #act: ((reason: Error) => void) | undefined
  #abort: AbortController | undefined

  /** A cancellation that a signal brings about. */
  static by(signal: AbortSignal): Cancellation {
    const cancellation = new Cancellation()
    const cancel = () => cancellation.cancel(signal.reason as Error) // Ours, or a DOMException.
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
    return cancellation
  }

  cancel(reason: Error): void {
    this.reason ??= reason
    this.#act?.(this.reason)
    this.#abort?.abort(this.reason)
  }

  /** The same as a signal, for what takes one. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.reason) this.#abort.abort(this.reason)
    return this.#abort.signal
  }

  /** Calls `act` when it is canceled, in place of what was to be called before. */
  set onCancel(act: ((reason: Error) => void) | undefined) {
    this.#act = act
    if (this.reason && act) act(this.reason)
  }
}

/** A body as it comes: read it once, as text, as chunks, or not at all. */
export class AnswerBody implements AsyncIterable<Uint8Array> {
  readonly #controller: Dispatcher.DispatchController
  #chunks: Buffer[] = []
  #size = 0
  #limit = Infinity
  #isPaused = false
  #hasEnded = false
  #error: Error | undefined
  #wake: (() => void) | undefined

  constructor(controller: Dispatcher.DispatchController) {
    this.#controller = controller
  }

  /** The whole of it. More than a message may hold is refused. */
  async text(): Promise<string> {
    await this.#toEnd(maxAnswerBytes)
    const [first] = this.#chunks
    return first && this.#chunks.length === 1
      ? first.toString('utf8')
      : Buffer.concat(this.#chunks).toString('utf8')
  }

  /** Reads what is left so that the connection can be used again, or closes it where that is much. */
  async dump(): Promise<void> {
    await this.#toEnd(maxDumpedBytes).catch(() => undefined) // Nobody wants it.
    this.#chunks = []
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        for (const chunk of this.#chunks.splice(0)) yield chunk
        if (this.#error) throw this.#error
        if (this.#hasEnded && this.#chunks.length === 0) return
        this.#resume()
        if (this.#chunks.length === 0) await this.#more()
      }
    } finally {
      if (!this.#hasEnded) this.#controller.abort(new HubError('canceled', 'not read to its end'))
    }
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size > this.#limit)
      this.#controller.abort(
        new HubError('exhausted', 'the upstream sent more than one message may hold'),
      )
    else if (this.#limit === Infinity && this.#unread() > maxUnreadBytes) {
      this.#isPaused = true
      this.#controller.pause()
    }
    if (this.#limit === Infinity) this.#wake?.()
  }

  end(error?: Error): void {
    this.#hasEnded = true
    this.#error = error
    this.#wake?.()
  }

  async #toEnd(limit: number): Promise<void> {
    this.#limit = limit
    this.#resume()
    if (!this.#hasEnded) await this.#more()
    if (this.#error) throw this.#error
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#controller.resume()
  }

  #unread(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0)
  }
}
