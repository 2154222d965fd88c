import type { Params } from '../rpc/protocol.ts'
import type { Logger } from 'pino'
import type { Config } from '../../schemas/config.ts'
import type { Upstream, UpstreamConfig } from '../../schemas/upstream.ts'
import type { Store } from '../../servers/kit/store.ts'
import { carrying, signalProcess } from '../../servers/cluster/drivers/processes.ts'
import type { Notifications } from '../rpc/notifications.ts'
import type { ForeignTool } from './foreign-tool.ts'
import { hubIdentity } from './handshake.ts'
import { ListChanges } from './list-changes.ts'
import type { ListKind, Lists } from './lists.ts'
import type { Offers, CatalogEntry } from './offers.ts'
import { hasSkills, indexOffers, ownersOf } from './offers.ts'
import { marker } from './open-channel.ts'
import type { Sorted } from './pinning.ts'
import { sortByPins } from './pinning.ts'
import { readListCache, saveListCache } from './store/list-cache.ts'
import type { SignInOptions } from './sign-in/sign-in.ts'
import { signInFor } from './sign-in/sign-in.ts'
import { stateOf, stateOfDisabled } from './state.ts'
import { taskName } from './task-names.ts'
import { UpstreamLink } from './upstream.ts'

const tellMs = 10_000

type Options = {
  store: Store
  log: Logger
  notifications: Notifications
  isTaken: { name(name: string): boolean; address(uri: string): boolean }
  environment: Record<string, string | undefined>
  /** Signs the names of tasks. */
  key: Buffer
  /** Carried by child processes, so that those a killed hub left can be found. */
  mark: string
  signIns: Omit<SignInOptions, 'environment'>
  /** Other hubs, which are upstreams too. */
  peers(): Promise<Record<string, UpstreamConfig>>
}

/** All third-party servers behind this hub, and the one index from a name to its server. */
export class Upstreams {
  readonly #options: Options
  readonly #entries = new Map<string, CatalogEntry>()
  #offers: Offers = { tools: new Map(), prompts: new Map(), resources: new Map(), templates: [] }
  #disabled: [string, UpstreamConfig][] = []
  /** Grows with each change of what is served, so that kept listings know that they are old. */
  version = 0
  readonly #held = new Set<string>()
  readonly #changes: ListChanges
  #configuring: Promise<void> = Promise.resolve()

  constructor(options: Options) {
    this.#options = options
    this.#changes = new ListChanges(options.notifications)
  }

  /** Ends child processes that an earlier hub on this data directory left when it was killed. */
  endLeftovers(): void {
    for (const { pid, value } of carrying(marker)) {
      if (value === this.#options.mark && pid !== process.pid) signalProcess(pid, 'SIGKILL')
    }
  }

  /** Makes the running links match the configuration, one after another; unchanged ones are left alone. */
  configure(config: Config): Promise<void> {
    const configured = this.#configuring.then(() => this.#configure(config))
    this.#configuring = configured.catch(() => undefined) // Its caller is told.
    return configured
  }

  async #configure({ file }: Config): Promise<void> {
    const { store, log } = this.#options
    const entries = Object.entries({ ...(await this.#options.peers()), ...file.mcpServers })
    this.#disabled = entries.filter(([, config]) => config.disabled)
    const wanted = new Map(entries.filter(([, config]) => !config.disabled))
    for (const [name, { link }] of this.#entries) {
      if (sameConfig(wanted.get(name), link.config)) continue
      link.stop().catch((error: unknown) => log.warn({ error, upstream: name }, 'not ended'))
      this.#entries.delete(name)
    }
    for (const [name, config] of wanted) {
      if (this.#entries.has(name)) continue
      const cachedLists = await readListCache(store.reader, name, config)
      const link = await this.#makeLink(name, config, cachedLists)
      const { lists } = link
      this.#entries.set(name, { link, lists, ...noneSorted, shadowed: [] })
      if (cachedLists) void this.sortTools(name)
      link.begin()
    }
    this.#reindex()
  }

  async #makeLink(
    name: string,
    config: UpstreamConfig,
    cachedLists: Lists | undefined,
  ): Promise<UpstreamLink> {
    const { notifications, environment, mark, key, signIns } = this.#options
    return new UpstreamLink(name, config, {
      onLists: () => this.sortTools(name),
      onOwnLists: (own, lists, kind) => this.#sortOwnTools(name, own, lists, kind),
      onUpdated: (uri) => notifications.publish({ kind: 'updated', uri }),
      onTask: (own, params, only) =>
        notifications.publish({
          kind: 'task',
          server: name,
          own,
          params,
          ...(only ? { only } : {}),
        }),
      taskName: (principal, own) => taskName(key, name, principal, own),
      isHeld: (own) => this.#held.has(own),
      environment,
      mark,
      cachedLists,
      signIn: await signInFor(name, config, { ...signIns, environment }),
    })
  }

  /** Sorts an upstream's present list into served and quarantined tools. */
  async sortTools(name: string): Promise<void> {
    const { store, log } = this.#options
    const entry = this.#entries.get(name)
    if (!entry) return
    const { link } = entry
    try {
      const { lists } = link
      Object.assign(entry, { lists, ...(await this.#sort(link, lists.tools)) })
      await saveListCache(store, name, link.config, link.lists)
      this.#reindex()
      for (const tool of entry.quarantined)
        log.warn(
          { upstream: name, tool: tool.name },
          'a tool is new or changed and waits for server_accept',
        )
    } catch (error) {
      log.error({ error, upstream: name }, 'the tools of an upstream could not be sorted')
    }
  }

  get offers(): Offers {
    return this.#offers
  }

  /** The same as a client sees it that may have connections of its own. */
  offersFor(key: string | undefined): Offers {
    const differing = key === undefined ? [] : this.links().filter(({ own }) => own.offer(key))
    if (key === undefined || differing.length === 0) return this.#offers
    const entries = [...this.#entries].map(([name, entry]): [string, CatalogEntry] => [
      name,
      { ...entry, ...entry.link.own.offer(key) },
    ])
    return indexOffers(entries, this.#options.isTaken)
  }

  /** The servers that may have a resource, of all or the one named, the likeliest first. */
  ownersOf(uri: string, server: string | undefined, offers = this.#offers): UpstreamLink[] {
    const owners = ownersOf(offers, uri, ({ name }) => server === undefined || name === server)
    if (owners.length > 0 || !uri.startsWith('skill:')) return owners
    return this.links().filter(hasSkills)
  }

  /** Says that a client listens, so that what it has to itself is kept while it is idle. */
  hold(session: string, listens: boolean): void {
    if (listens) this.#held.add(session)
    else this.#held.delete(session)
  }

  /** Forgets a client that is gone. */
  forget(session: string): void {
    this.#held.delete(session)
    for (const link of this.links()) void link.own.drop(session)
  }

  /** Passes on what a session's client says to all, such as that its roots changed. */
  tell(session: string, as: 'request' | 'notification', method: string, params: Params): void {
    for (const { own } of this.links()) {
      const connection = own.peek(session)
      if (!connection) continue
      const sent =
        as === 'request'
          ? connection.request(method, params, { timeoutMs: tellMs, client: hubIdentity })
          : connection.notify(method, params)
      sent.catch(() => undefined) // A server that is gone learns it with its next handshake.
    }
  }

  links(): UpstreamLink[] {
    return [...this.#entries.values()].map(({ link }) => link)
  }

  link(name: string): UpstreamLink | undefined {
    return this.#entries.get(name)?.link
  }

  /** The tools of a server that cannot be called yet, or never. */
  held(name: string): Pick<Sorted, 'quarantined' | 'rejected'> | undefined {
    return this.#entries.get(name)
  }

  states(): Upstream[] {
    return [
      ...[...this.#entries.values()].map((entry) => stateOf(entry, this.#offers)),
      ...this.#disabled.map(([name, config]) => stateOfDisabled(name, config)),
    ]
  }

  async stop(): Promise<void> {
    await Promise.all(this.links().map((link) => link.stop()))
  }

  /** What changed on a connection that one client has to itself: the same rules hold for it. */
  async #sortOwnTools(
    name: string,
    key: string,
    changed: Partial<Lists>,
    kind: ListKind,
  ): Promise<void> {
    const entry = this.#entries.get(name)
    if (!entry) return
    const { own, lists } = entry.link
    const sorted = changed.tools ? await this.#sort(entry.link, changed.tools) : undefined
    // Taken together only now, since two lists may be on their way.
    const { accepted } = sorted ?? own.offer(key) ?? entry
    own.keepOffer(key, { lists: { ...lists, ...own.offer(key)?.lists, ...changed }, accepted })
    this.#options.notifications.publish({ kind, only: key })
  }

  #sort(link: UpstreamLink, tools: ForeignTool[]): Promise<Sorted> {
    const { allow, deny, pin } = link.config
    const offered = tools.filter(
      (tool) => (allow === undefined || allow.includes(tool.name)) && !deny.includes(tool.name),
    )
    if (!pin) return Promise.resolve({ ...noneSorted, accepted: offered })
    return sortByPins(this.#options.store, link.name, offered)
  }

  #reindex(): void {
    this.#offers = indexOffers([...this.#entries], this.#options.isTaken)
    this.version++
    this.#changes.publish(this.#offers)
  }
}

const noneSorted = { accepted: [], quarantined: [], rejected: [] }

const sameConfig = (a: UpstreamConfig | undefined, b: UpstreamConfig) =>
  JSON.stringify(a) === JSON.stringify(b)
