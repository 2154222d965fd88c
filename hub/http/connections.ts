import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Open connections and what they do. When the hub closes, those that wait for nothing are ended at
 * once, also the ones on which no request ever came, which Node itself does not count as idle.
 */
export class Connections {
  readonly #open = new Map<Socket, { isBusy: boolean }>()
  #closing = false

  add(socket: Socket): void {
    this.#open.set(socket, { isBusy: false })
    socket.once('close', () => this.#open.delete(socket))
  }

  /** Counts a connection as busy until its response is sent. */
  serve(socket: Socket, response: ServerResponse): void {
    const connection = this.#open.get(socket)
    if (connection) connection.isBusy = true
    response.on('close', () => {
      if (connection) connection.isBusy = false
      if (this.#closing) socket.end()
    })
  }

  /** Counts a connection as busy until the returned function is called. */
  hold(socket: Socket): () => void {
    const connection = this.#open.get(socket)
    if (connection) connection.isBusy = true
    return () => {
      if (connection) connection.isBusy = false
    }
  }

  /** Ends idle connections now, busy ones as they finish, and all of them when `signal` aborts. */
  close(signal: AbortSignal): void {
    this.#closing = true
    for (const [socket, { isBusy }] of this.#open) if (!isBusy) socket.destroy()
    const force = () => this.#open.forEach((_state, socket) => socket.destroy())
    if (signal.aborted) force()
    else signal.addEventListener('abort', force, { once: true })
  }
}
