import { hash } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config, Settings } from '../schemas/config.ts'
import { LocalDriver } from '../servers/cluster/drivers/local.ts'
import { restoreClusters } from '../servers/cluster/registered.ts'
import { ContextStore } from '../servers/context/engine/client.ts'
import { embeddingOf } from '../servers/context/engine/embedding.ts'
import { servers } from '../servers/index.ts'
import { discardUnfinished } from '../servers/orchestration/plans/large-graph.ts'
import { countLiveTasks } from '../servers/orchestration/store/tasks.ts'
import { closeVaults } from '../servers/obsidian/vaults.ts'
import { moveToOrgFolders } from '../servers/radicle/git/org-folders.ts'
import { Clusters } from '../servers/kit/clusters.ts'
import type { Clock } from '../servers/kit/clock.ts'
import { systemClock } from '../servers/kit/clock.ts'
import { newId } from '../servers/kit/ids.ts'
import { Models } from '../servers/kit/models/models.ts'
import { Store } from '../servers/kit/store.ts'
import type { Topics } from '../servers/kit/topics.ts'
import { Authenticator } from './auth/authenticator.ts'
import { MeshIdentity } from './auth/mesh-identity.ts'
import { owner } from './auth/owner.ts'
import { Seal } from './auth/seal.ts'
import { Chat } from './chat/chat.ts'
import { codeRoot } from '../servers/kit/code-root.ts'
import { Catalog } from './discovery/catalog.ts'
import { unservedTool } from './discovery/unserved-tool.ts'
import { ConfigSource, onChange } from './config.ts'
import { startControllers } from './controllers/controllers.ts'
import { lockDataDir, openDataDir, ownerToken, sealKey, writeEndpoint } from './data-dir.ts'
import type { Listener } from './http/listener.ts'
import { gatewayOf, listen } from './http/listener.ts'
import { RateLimit } from './auth/rate-limit.ts'
import { callbackPath } from './http/sign-in-page.ts'
import { Subscriptions } from './mcp/subscriptions.ts'
import { Notifications } from './rpc/notifications.ts'
import { ownNames } from './mcp/own-names.ts'
import { makeCarriers } from './peers/carriers.ts'
import { peerUpstreams } from './peers/store/peers.ts'
import { Calls } from './calls/calls.ts'
import { Registry } from './calls/registry.ts'
import { Telemetry } from './telemetry.ts'
import { makeHubServer } from './tools/index.ts'
import { ownServers } from './tools/servers.ts'
import { Parking } from './upstreams/parking.ts'
import { Records } from './upstreams/sign-in/record.ts'
import { Upstreams } from './upstreams/upstreams.ts'

/** The parts of one running hub, wired once. Everything else is handed what it needs from here. */
export class Hub {
  readonly dataDir: string
  readonly log: Logger
  readonly store: Store
  readonly registry = new Registry(
    [
      ...servers,
      makeHubServer({
        upstreams: () => this.upstreams,
        visible: (principal) => this.catalog.visible(principal),
        unserved: (principal, name) => unservedTool(this, principal, name),
        embedding: () => embeddingOf(this.config(), this.#environment),
        seal: () => this.seal,
        mesh: () => this.mesh,
        url: () => this.url,
        own: (principal) => ownServers(this.registry, principal),
        startedAt: () => this.startedAt,
        configProblem: () => this.#source.problem(),
      }),
    ],
    (tool) => tool.available(this.config()),
  )
  readonly telemetry = new Telemetry()
  readonly rateLimit: RateLimit
  readonly auth: Authenticator
  readonly mesh: MeshIdentity
  readonly clusters: Clusters
  readonly models: Models
  readonly context: ContextStore
  readonly upstreams: Upstreams
  readonly catalog = new Catalog(this)
  readonly carriers = makeCarriers(this)
  readonly podGateway = gatewayOf(() => this.#listener)
  /** Changes that clients may hear of. */
  readonly notifications = new Notifications()
  readonly subscriptions = new Subscriptions(this)
  readonly parking = new Parking()
  readonly calls: Calls
  readonly chat: Chat
  /** Signs what is handed out and has to be known again after a restart. */
  readonly key: Buffer
  readonly config: () => Config
  readonly clock: Clock
  readonly now = (): number => this.clock.now()
  readonly id = (prefix: string): string => newId(prefix, this.now())
  readonly startedAt: number
  /** Set once the hub takes no new work; calls that finish running work still pass. */
  draining = false
  readonly #source: ConfigSource
  readonly #environment: Record<string, string | undefined>
  readonly #lock: { release(): void }
  readonly #stop = new AbortController()
  readonly #closing = new AbortController()
  #listener: Listener | undefined
  #seal: Seal | undefined
  #controllers: { stop(): Promise<void> } | undefined

  constructor(
    settings: Settings,
    log: Logger,
    environment: Record<string, string | undefined> = process.env,
    clock: Clock = systemClock,
  ) {
    this.log = log
    this.#environment = environment
    this.clock = clock
    this.startedAt = clock.now()
    this.dataDir = openDataDir(settings.data)
    this.#lock = lockDataDir(this.dataDir)
    this.#source = new ConfigSource(this.dataDir, settings, log)
    this.config = this.#source.current
    this.rateLimit = new RateLimit(() => this.config().rateLimit, this.now)
    this.store = new Store(join(this.dataDir, 'switchyard.db'), this.now, clock)
    const token = ownerToken(this.dataDir)
    const { config, dataDir } = this
    this.clusters = new Clusters([new LocalDriver({ config, dataDir, codeRoot, log })])
    this.auth = new Authenticator(this.store, token, this.now, this.clusters)
    this.mesh = new MeshIdentity({ config, now: this.now, log })
    this.models = new Models(this.config, environment)
    this.context = new ContextStore({
      dataDir: this.dataDir,
      log,
      embedding: () => embeddingOf(this.config(), environment),
    })
    this.key = Buffer.from(hash('sha256', `tasks ${token}`), 'hex')
    this.upstreams = new Upstreams({
      store: this.store,
      log,
      notifications: this.notifications,
      isTaken: ownNames(() => this.registry),
      environment,
      key: this.key,
      mark: this.dataDir,
      signIns: {
        records: new Records(this.store, () => this.seal),
        redirectUrl: () => `${this.url}${callbackPath}`,
        now: this.now,
      },
      peers: () => peerUpstreams(this.store.reader, () => this.seal),
    })
    this.calls = new Calls(this)
    this.chat = new Chat(this)
    this.telemetry.gauge('switchyard.tasks.live', 'Tasks that are not final, by state', () =>
      countLiveTasks(this.store.reader),
    )
  }

  /** Seals credentials for other servers; its key is made when the first is kept. */
  get seal(): Seal {
    return (this.#seal ??= new Seal(sealKey(this.dataDir)))
  }

  /** Wakes who waits for something in the store to change. */
  get topics(): Topics {
    return this.store.topics
  }

  /** Aborts when running calls should give up, at the end of a drain. */
  get stopping(): AbortSignal {
    return this.#stop.signal
  }

  /** Aborts when the hub begins to drain: what only listens ends then. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Address the hub listens on, once started. */
  get url(): string {
    return this.#listener?.url ?? ''
  }

  async start(): Promise<string> {
    // Children begin to start while this process is still busy with opening its door.
    this.upstreams.endLeftovers()
    const configured = this.upstreams.configure(this.config())
    try {
      await configured
      await moveToOrgFolders(this.dataDir, this.store.reader)
      await discardUnfinished(this.store)
      await restoreClusters(this)
      this.#listener = await listen(this)
    } catch (error) {
      await this.upstreams.stop()
      throw error
    }
    writeEndpoint(this.dataDir, this.#listener.localUrl)
    this.#source.follow((config) => {
      this.upstreams
        .configure(config)
        .then(() => this.notifications.publish({ kind: 'tools' })) // What is offered depends on it.
        .catch((error: unknown) => this.log.error({ error }, 'servers could not be configured'))
    })
    await this.calls.start()
    await this.chat.start()
    const { clock, store, dataDir, context, clusters, carriers } = this
    this.#controllers = startControllers({
      config: this.config,
      onConfig: onChange(this.config, (listener) => this.notifications.subscribe(listener)),
      log: this.log,
      ...{ clock, store, dataDir, context, clusters, carriers },
      peers: this.calls.peers,
      call: (principal, tool, args, signal) =>
        this.calls.tool(principal, tool, args, signal ? { signal: () => signal } : {}),
    })
    return this.#listener.url
  }

  /** A link that signs a browser in once. */
  async loginLink(): Promise<string> {
    return `${this.url}/login?code=${await this.auth.loginCode(owner, this.id('login'))}`
  }

  /** Takes no new work, has agents hand their leases back, lets running calls finish, and closes. */
  async stop(): Promise<void> {
    if (this.draining) return
    this.draining = true
    this.#closing.abort()
    await this.#controllers?.stop()
    this.calls.stop()
    await this.clusters.close()
    this.store.topics.close()
    const deadline = setTimeout(() => this.#stop.abort(), this.config().drainMs)
    await Promise.all([this.chat.stop(), this.#listener?.close(this.#stop.signal)])
    clearTimeout(deadline)
    this.#stop.abort()
    this.#source.stop()
    this.parking.close()
    await this.upstreams.stop()
    await this.telemetry.stop()
    closeVaults()
    await this.context.stop()
    await this.store.close()
    this.#lock.release()
  }
}
