import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Open connections and what they do. When the hub closes, those that wait for nothing are ended at
 * once, also the ones on which no request ever came, which Node itself does not count as idle.
 */
export class Connections {
  readonly #open = new Set<Socket>()
  readonly #busy = new Set<Socket>()
  #closing = false

  add(socket: Socket): void {
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#busy.delete(socket)
    })
  }

  /** Counts a connection as busy until its response is sent. */
  serve(socket: Socket, response: ServerResponse): void {
    this.#busy.add(socket)
    response.once('close', () => {
      this.#busy.delete(socket)
      if (this.#closing) socket.end()
    })
  }

  /** Ends idle connections now, busy ones as they finish, and all of them when `signal` aborts. */
  close(signal: AbortSignal): void {
    this.#closing = true
    for (const socket of this.#open) if (!this.#busy.has(socket)) socket.destroy()
    const force = () => this.#open.forEach((socket) => socket.destroy())
    if (signal.aborted) force()
    else signal.addEventListener('abort', force, { once: true })
  }
}
