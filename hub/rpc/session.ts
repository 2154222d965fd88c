import type { Identity, RpcId, RpcReply } from './protocol.ts'
import { randomUUID } from 'node:crypto'
import { HubError } from '../../schemas/errors.ts'
import type { Notification } from './notifications.ts'
import type { Departure } from './departure.ts'
import { notificationOf, taskKey } from './notifications.ts'
import { RpcError, notificationText } from './protocol.ts'

type Asked = { resolve(result: unknown): void; reject(error: unknown): void }

const maxWaiting = 200
const maxTasks = 1000

/**
 * A client of the eras before 2026-07-28, from `initialize` on: who it is, what can still be canceled,
 * what it was asked, and the stream on which it hears what belongs to no request.
 */
export class Session {
  readonly id = randomUUID()
  readonly principal: string
  client: Identity
  usedAt: number
  readonly running = new Map<RpcId, Departure>()
  /** Resources it follows, each with what stops that. */
  readonly followed = new Map<string, () => void>()
  /** Tasks that servers began for it, by server and id, with their names here. */
  readonly #tasks = new Map<string, string>()
  readonly #asked = new Map<RpcId, Asked>()
  readonly #onEnd: (() => void)[] = []
  #stream: ((text: string) => void) | undefined
  #waiting: string[] = []
  #nextAsk = 1

  constructor(principal: string, client: Identity, now: number) {
    this.principal = principal
    this.client = client
    this.usedAt = now
  }

  /**
   * Where messages go that belong to no request. A new stream takes the place of the old one; the
   * returned function gives the place up, and says whether it still had it.
   */
  attach(stream: (text: string) => void): () => boolean {
    this.#stream = stream
    for (const text of this.#waiting.splice(0)) stream(text)
    return () => {
      if (this.#stream !== stream) return false
      this.#stream = undefined
      return true
    }
  }

  notify(method: string, params: Record<string, unknown>): void {
    this.push(notificationText(method, params))
  }

  /** Sends a message that belongs to no request, as soon as there is a stream for it. */
  push(text: string): void {
    if (this.#stream) return this.#stream(text)
    this.#waiting.push(text)
    if (this.#waiting.length > maxWaiting) this.#waiting.shift() // Who never listens costs no more than this.
  }

  /** From now on it hears of this task. */
  followTask(server: string, own: string, name: string): void {
    this.#tasks.set(taskKey(server, own), name)
    if (this.#tasks.size <= maxTasks) return
    for (const oldest of this.#tasks.keys()) return void this.#tasks.delete(oldest)
  }

  /** Passes a change on if this client hears of such. */
  hear(notification: Notification): void {
    if (notification.only !== undefined && notification.only !== this.id) return
    if (notification.kind === 'task') {
      const taskId = this.#tasks.get(taskKey(notification.server, notification.own))
      if (taskId !== undefined)
        this.notify('notifications/tasks/status', { ...notification.params, taskId })
      return
    }
    if (notification.kind === 'updated' && !this.followed.has(notification.uri)) return
    const { method, params } = notificationOf(notification)
    this.notify(method, params)
  }

  /** Asks the client something and waits for its answer; `send` is the stream it is asked on. */
  ask(
    method: string,
    params: Record<string, unknown>,
    signal: AbortSignal,
    send: (text: string) => void,
  ): Promise<unknown> {
    const id = `hub-${this.#nextAsk++}`
    return new Promise((resolve, reject) => {
      const give = () => {
        this.#asked.delete(id)
        send(notificationText('notifications/cancelled', { requestId: id }))
        reject(new HubError('canceled', 'the question was taken back'))
      }
      const done = () => signal.removeEventListener('abort', give)
      this.#asked.set(id, {
        resolve: (result) => {
          done()
          resolve(result)
        },
        reject: (error) => {
          done()
          reject(error) // RpcError or HubError, see below.
        },
      })
      signal.addEventListener('abort', give, { once: true })
      send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    })
  }

  /** Takes the client's answer to something it was asked. One that nobody waits for is dropped. */
  settle({ id, result, error }: RpcReply): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (error) asked?.reject(new RpcError(error.code, error.message, error.data, true))
    else asked?.resolve(result)
  }

  onEnd(act: () => void): void {
    this.#onEnd.push(act)
  }

  end(): void {
    for (const abort of this.running.values()) abort.abort()
    for (const { reject } of this.#asked.values())
      reject(new HubError('canceled', 'the client has gone'))
    for (const stop of this.followed.values()) stop()
    for (const act of this.#onEnd.splice(0)) act()
  }
}
