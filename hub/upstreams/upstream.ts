import type { Params } from '../rpc/protocol.ts'
import type { Reply } from '../rpc/reply.ts'
import type { UpstreamConfig } from '../../schemas/upstream.ts'
import { HubError } from '../../schemas/errors.ts'
import { RpcError } from '../rpc/protocol.ts'
import type { LinkOptions, Way } from './link-options.ts'
import { Backoff } from './backoff.ts'
import { NotSent } from './channel.ts'
import type { Call, Connection, ConnectionEvents } from './connection.ts'
import { answerAlone } from './connection.ts'
import { explained, isShutOut } from './explained.ts'
import { hubIdentity } from './handshake.ts'
import { Followers } from './followers.ts'
import { Limiter } from './limiter.ts'
import type { ListKind, Lists } from './lists.ts'
import { changedList, kinds as everything, noLists, readLists } from './lists.ts'
import { Opener } from './opener.ts'
import { OwnConnections } from './own-connections.ts'
import { SignInNeeded } from './sign-in/sign-in.ts'
import { isTaskNotification } from './task-names.ts'
import { Watch } from './watch.ts'

export type State = 'connecting' | 'ready' | 'degraded' | 'signed_out' | 'asleep'

/**
 * One third-party server: connects when needed, in whichever era it speaks, keeps the last good list
 * of what it offers, and comes back by itself with growing pauses. Nothing here touches another
 * upstream.
 */
export class UpstreamLink {
  readonly name: string
  readonly label: string // What its calls are counted under.
  readonly config: UpstreamConfig
  readonly own: OwnConnections
  readonly limiter: Limiter
  readonly signIn: LinkOptions['signIn']
  /** What a task of this server is called for a principal. */
  readonly taskName: LinkOptions['taskName']
  lists: Lists
  state: State = 'connecting'
  reason: string | undefined
  calls = 0
  failures = 0
  /** What the server said of itself when it was last connected to. */
  handshake: Connection['handshake'] | undefined
  #shared: Promise<Connection> | undefined
  #watch: Watch | undefined
  readonly followers = new Followers(
    (what, id) => this.#watch?.added(what, id),
    (what, id) => this.#watch?.removed(what, id),
  )
  readonly #backoff = new Backoff()
  #idleTimer: NodeJS.Timeout | undefined
  #stale = new Set<ListKind>()
  #refreshing: Promise<void> | undefined
  #stopped = false
  #busy = 0
  readonly #opener: Opener
  readonly #options: LinkOptions

  constructor(name: string, config: UpstreamConfig, options: LinkOptions) {
    this.name = name
    this.label = `upstream:${name}`
    this.config = config
    this.lists = options.cachedLists ?? noLists
    this.limiter = new Limiter(config.concurrency)
    this.taskName = options.taskName
    this.#options = options
    this.signIn = options.signIn
    this.#opener = new Opener(config, options)
    this.own = new OwnConnections(
      (identity, events, onClose) => this.#opener.openOld(identity, events, onClose),
      options.isHeld,
    )
  }

  /** Connects now, or sleeps until the first call where that is wanted and its lists are known. */
  begin(): void {
    if (this.config.start === 'demand' && this.#options.cachedLists) this.state = 'asleep'
    else void this.refresh(everything)
  }

  /** Reads the lists again; resolves when that worked or failed. Failing is a state, not an error. */
  refresh(kinds: ListKind[]): Promise<void> {
    for (const kind of kinds) this.#stale.add(kind)
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  /** Sends a request. One that never left is sent again once, on a new connection. */
  async request(method: string, params: Params, call: Call, way: Way): Promise<Reply> {
    this.calls++
    this.#busy++
    const fresh = way ? !this.own.has(way.key) : this.#shared === undefined
    try {
      try {
        const reply = await (await this.#connection(way)).request(method, params, call)
        if (this.state === 'signed_out') void this.refresh(everything)
        return reply
      } catch (error) {
        // Only what was never sent may be sent again; anything else may have been done already.
        if (fresh || !(error instanceof NotSent) || call.signal?.aborted) throw error
        // The closed connection was forgotten as it closed; whoever came first has opened another.
        return await (await this.#connection(way)).request(method, params, call)
      }
    } catch (error) {
      if (!(error instanceof RpcError)) this.failures++
      if (isShutOut(error)) this.#degrade(error)
      throw explained(this.name, method, error)
    } finally {
      this.#busy--
      this.#sleepLater()
    }
  }

  /** The connection that all share, opened when there is none. */
  shared(): Promise<Connection> {
    if (this.#stopped) return Promise.reject(new HubError('unavailable', `${this.name} is stopped`))
    if (this.#shared) return this.#shared
    const opened: Promise<Connection> = this.#openShared(() => this.#shared === opened).catch(
      (error: unknown) => {
        if (this.#shared === opened) this.#shared = undefined
        throw error
      },
    )
    this.#shared = opened
    return opened
  }

  /** Tells who follows a resource or task that it changed; `only` whose own connection said so. False for others. */
  told(method: string, params: Params, only?: string): boolean {
    const { uri, taskId } = params
    const isResource = method === 'notifications/resources/updated' && typeof uri === 'string'
    if (isResource) this.#options.onUpdated(uri)
    if (isResource || !isTaskNotification(method) || typeof taskId !== 'string') return isResource
    this.#options.onTask(taskId, params, only)
    return true
  }

  /** A server that a client has to itself may offer other things to it than to everybody. */
  async relistOwn(key: string, kind: ListKind): Promise<void> {
    const connection = this.own.peek(key)
    if (!connection) return
    try {
      const lists = await readLists(connection, [kind], this.config.timeoutMs)
      await this.#options.onOwnLists(key, lists, kind)
    } catch {
      // It keeps the list it had; calls will tell whether the server is well.
    }
  }

  /** Ends all for good; resolves when nothing is left. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#backoff.stop()
    clearTimeout(this.#idleTimer)
    await Promise.all([this.#opener.abandon(), this.#closeShared(), this.own.close()])
  }

  /** Ends its connections, down to its program, and begins anew; calls under way fail. */
  async restart(): Promise<void> {
    await Promise.all([this.#opener.abandon(), this.#closeShared(), this.own.close()])
    await this.#refreshing
    this.#backoff.reset()
    this.state = 'connecting'
    this.reason = undefined
    await this.refresh(everything)
  }

  #connection(way: Way): Promise<Connection> {
    return way ? this.own.get(way.key, way.identity, way.events) : this.shared()
  }

  async #refresh(): Promise<void> {
    while (this.#stale.size > 0) {
      const kinds = [...this.#stale]
      try {
        const connection = await this.shared()
        this.#stale.clear()
        const read = await readLists(connection, kinds, this.config.timeoutMs)
        this.lists = { ...this.lists, ...read }
        await this.#options.onLists(kinds)
        this.state = 'ready'
        this.reason = undefined
        this.#backoff.reset()
        this.#sleepLater()
      } catch (error) {
        this.#stale.clear()
        this.#degrade(error)
        return
      }
    }
  }

  /** A connection that closes late must not take the one with it that came after. */
  async #openShared(isCurrent: () => boolean): Promise<Connection> {
    const events: ConnectionEvents = {
      isOwn: false,
      onNotification: (method, params) => this.#noticed(method, params),
      onRequest: (method) => answerAlone(method),
    }
    const connection = await this.#opener.open(hubIdentity, events, (reason) => {
      if (!isCurrent()) return
      this.#watch?.close()
      this.#shared = undefined
      if (!this.#stopped && this.state === 'ready')
        this.#degrade(new HubError('unavailable', reason))
    })
    this.handshake = connection.handshake
    this.#watch = new Watch(connection, () => this.followers.followed)
    if (this.state === 'asleep') void this.refresh(everything)
    return connection
  }

  #noticed(method: string, params: Params): void {
    const kind = changedList(method)
    if (kind) void this.refresh([kind])
    else this.told(method, params)
  }

  /** Stops what nobody has used for a while, where that is wanted. */
  #sleepLater(): void {
    const { idleMs } = this.config
    if (idleMs === 0) return
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => {
      if (this.#busy > 0 || !this.followers.isEmpty || this.own.size > 0) return this.#sleepLater()
      if (this.state !== 'ready') return
      this.state = 'asleep'
      void this.#closeShared()
    }, idleMs).unref()
  }

  async #closeShared(): Promise<void> {
    const shared = this.#shared
    this.#shared = undefined
    this.#watch?.close()
    const connection = await shared?.catch(() => undefined) // One that never opened is closed already.
    await connection?.close()
  }

  #degrade(error: unknown): void {
    const waits = error instanceof SignInNeeded
    this.state = waits ? 'signed_out' : 'degraded'
    this.reason = error instanceof Error ? error.message : String(error)
    // A person signs in when it suits them; until then the server need not be asked again.
    if (!this.#stopped && !waits) this.#backoff.again(() => void this.refresh(everything))
  }
}
