import { isObject, rpcCode, RpcError } from '../rpc/protocol.ts'
import type { Connection } from './connection.ts'
import { hubIdentity, tasksExtension } from './handshake.ts'
import type { Followed } from './followers.ts'
import { pause } from './pause.ts'

const reopenMs = 1000
const shortMs = 10_000

/**
 * Keeps an upstream telling about changes: of its lists, and of the resources and tasks that somebody
 * behind the hub follows. The old era subscribes to each resource and tells of tasks unasked, the modern one
 * holds a stream open.
 */
export class Watch {
  readonly #connection: Connection
  readonly #followed: () => Followed
  readonly #closed = new AbortController()
  #stream: AbortController | undefined

  constructor(connection: Connection, followed: () => Followed) {
    this.#connection = connection
    this.#followed = followed
    if (connection.handshake.modern) this.#reopen()
    else for (const uri of followed().resource) void this.#subscribe('resources/subscribe', uri)
  }

  added(what: keyof Followed, id: string): void {
    if (this.#connection.handshake.modern) this.#reopen()
    else if (what === 'resource') void this.#subscribe('resources/subscribe', id)
  }

  removed(what: keyof Followed, id: string): void {
    if (this.#connection.handshake.modern) this.#reopen()
    else if (what === 'resource') void this.#subscribe('resources/unsubscribe', id)
  }

  close(): void {
    this.#closed.abort()
    this.#stream?.abort()
  }

  async #subscribe(method: string, uri: string): Promise<void> {
    const { resources } = this.#connection.handshake.capabilities
    if (!isObject(resources) || resources.subscribe !== true) return
    // A server that refuses to be followed is read again when somebody asks; nothing else depends on it.
    await this.#connection
      .request(method, { uri }, { timeoutMs: shortMs, client: hubIdentity })
      .catch(() => undefined)
  }

  #reopen(): void {
    const before = this.#stream
    const stream = new AbortController()
    this.#stream = stream
    const filter = this.#filter()
    if (Object.keys(filter).length > 0) void this.#hold(filter, stream.signal)
    // The new stream is asked for before the old one ends, so that no change falls between them.
    setImmediate(() => before?.abort())
  }

  async #hold(filter: object, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#closed.signal.aborted) {
      try {
        const call = { timeoutMs: Infinity, client: hubIdentity, signal }
        await this.#connection.request('subscriptions/listen', { notifications: filter }, call)
      } catch (error) {
        if (error instanceof RpcError && error.code === rpcCode.method) return // It has no such streams.
      }
      await pause(reopenMs, signal).catch(() => undefined)
    }
  }

  #filter(): Record<string, unknown> {
    const { tools, prompts, resources, extensions } = this.#connection.handshake.capabilities
    const followed = this.#followed()
    const changes = (capability: unknown) => isObject(capability) && capability.listChanged === true
    const uris = isObject(resources) && resources.subscribe === true ? followed.resource : []
    const tasks = isObject(extensions) && tasksExtension in extensions ? followed.task : []
    return {
      ...(changes(tools) ? { toolsListChanged: true } : {}),
      ...(changes(prompts) ? { promptsListChanged: true } : {}),
      ...(changes(resources) ? { resourcesListChanged: true } : {}),
      ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}),
      ...(tasks.length > 0 ? { taskIds: tasks } : {}),
    }
  }
}
