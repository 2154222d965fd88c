import type { IncomingMessage, ServerResponse } from 'node:http'

/** More than this unread and the reader is dropped: it may come back and ask again. */
const maxUnreadBytes = 8 * 1024 * 1024
const longChars = 8192
const keepAliveMs = 20_000

/**
 * The answer to one POST: plain JSON, or, once something has to be said before the answer, an event
 * stream that ends with it. Also the stream of a session, which has no answer.
 */
export class ReplyStream {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
  }

  get acceptsStream(): boolean {
    return /text\/event-stream|\*\/\*/.test(this.#request.headers.accept ?? '')
  }

  /** Starts the stream, before there is anything to say. */
  open(headers: Record<string, string> = {}): void {
    const response = this.#response
    if (response.headersSent) return
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      ...headers,
    })
    response.write(': \n\n')
    const timer = setInterval(() => response.write(': keep-alive\n\n'), keepAliveMs).unref()
    response.on('close', () => clearInterval(timer))
  }

  /** Says something ahead of the answer. A client that cannot take a stream does not hear it. */
  send(text: string): void {
    const response = this.#response
    if (response.destroyed || response.writableEnded || !this.acceptsStream) return
    this.open()
    response.write(`event: message\ndata: ${text}\n\n`)
    if (response.writableLength > maxUnreadBytes) response.destroy()
  }

  /** Answers, and ends. `status` counts only while nothing was said before. */
  end(status: number, text: string, headers?: Record<string, string>): void {
    const response = this.#response
    if (response.headersSent) {
      response.end(text === '' ? undefined : `event: message\ndata: ${text}\n\n`)
      return
    }
    // Encoded once: measuring a long text and then writing it would go through it twice.
    const body = text.length > longChars ? Buffer.from(text) : text
    const length = Buffer.byteLength(body)
    const lead =
      text === ''
        ? { 'content-length': length }
        : { 'content-type': 'application/json', 'content-length': length }
    response.writeHead(status, headers ? { ...lead, ...headers } : lead)
    response.end(body)
  }
}
