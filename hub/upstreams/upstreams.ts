import { hash } from 'node:crypto'
import type { Logger } from 'pino'
import type { Config } from '../../schemas/config.ts'
import type { Upstream, UpstreamConfig } from '../../schemas/upstream.ts'
import type { Store } from '../../servers/kit/store.ts'
import { carrying, signalProcess } from '../../servers/cluster/drivers/processes.ts'
import { sortByPins } from './pins.ts'
import type { ForeignTool } from './foreign-tool.ts'
import { UpstreamLink, marker } from './upstream.ts'

/** A tool of an upstream under the name it has in this hub. */
export type Served = { name: string; own: string; tool: ForeignTool; link: UpstreamLink }

type Shelf = {
  link: UpstreamLink
  accepted: ForeignTool[]
  quarantined: ForeignTool[]
  shadowed: string[]
}

const maxNameLength = 64

/** All third-party servers behind this hub, and the one index from a tool's name to its server. */
export class Upstreams {
  readonly #store: Store
  readonly #log: Logger
  readonly #isTaken: (name: string) => boolean
  readonly #environment: Record<string, string | undefined>
  readonly #mark: string
  readonly #shelves = new Map<string, Shelf>()
  #index = new Map<string, Served>()
  #disabled: string[] = []
  /** Grows with each change of what is served, so that kept listings know that they are old. */
  version = 0

  constructor(options: {
    store: Store
    log: Logger
    isTaken: (name: string) => boolean
    environment: Record<string, string | undefined>
    /** Carried by child processes, so that those a killed hub left can be found. */
    mark: string
  }) {
    this.#store = options.store
    this.#log = options.log
    this.#isTaken = options.isTaken
    this.#environment = options.environment
    this.#mark = options.mark
  }

  /** Ends child processes that an earlier hub on this data directory left when it was killed. */
  endLeftovers(): void {
    for (const { pid, value } of carrying(marker)) {
      if (value === this.#mark && pid !== process.pid) signalProcess(pid, 'SIGKILL')
    }
  }

  /** Makes the running links match the configuration; unchanged ones are left alone. */
  configure({ file }: Config): void {
    const entries = Object.entries(file.mcpServers)
    this.#disabled = entries.flatMap(([name, config]) => (config.disabled ? [name] : []))
    const wanted = new Map(entries.filter(([, config]) => !config.disabled))
    for (const [name, { link }] of this.#shelves) {
      if (sameConfig(wanted.get(name), link.config)) continue
      link.stop().catch((error: unknown) => this.#log.warn({ error, upstream: name }, 'not ended'))
      this.#shelves.delete(name)
    }
    for (const [name, config] of wanted) {
      if (this.#shelves.has(name)) continue
      const link = new UpstreamLink(name, config, {
        onTools: () => void this.shelve(name),
        environment: this.#environment,
        mark: this.#mark,
      })
      this.#shelves.set(name, { link, accepted: [], quarantined: [], shadowed: [] })
      void link.refresh()
    }
    this.#reindex()
  }

  /** Sorts an upstream's present list into served and quarantined tools. */
  async shelve(name: string): Promise<void> {
    const shelf = this.#shelves.get(name)
    if (!shelf) return
    try {
      const { allow, deny } = shelf.link.config
      const offered = shelf.link.tools.filter(
        (tool) => (allow === undefined || allow.includes(tool.name)) && !deny.includes(tool.name),
      )
      Object.assign(shelf, await sortByPins(this.#store, name, offered))
      this.#reindex()
      for (const tool of shelf.quarantined)
        this.#log.warn(
          { upstream: name, tool: tool.name },
          'a tool is new or changed and waits for server_accept',
        )
    } catch (error) {
      this.#log.error({ error, upstream: name }, 'the tools of an upstream could not be sorted')
    }
  }

  find(name: string): Served | undefined {
    return this.#index.get(name)
  }

  /** Tools served, in a fixed order. */
  list(): Served[] {
    return [...this.#index.values()]
  }

  quarantined(name: string): ForeignTool[] | undefined {
    return this.#shelves.get(name)?.quarantined
  }

  states(): Upstream[] {
    const running = [...this.#shelves].map(([name, { link, quarantined, shadowed }]): Upstream => ({
      name,
      kind: link.config.url === undefined ? 'stdio' : 'http',
      state: link.state,
      ...(link.reason === undefined ? {} : { reason: link.reason }),
      ...(link.protocol === undefined ? {} : { protocol: link.protocol }),
      tools: this.list().filter((served) => served.link === link).length,
      quarantined: quarantined.map((tool) => tool.name),
      shadowed,
      calls: link.calls,
      failures: link.failures,
    }))
    const off = this.#disabled.map((name): Upstream => ({
      name,
      kind: 'stdio',
      state: 'disabled',
      tools: 0,
      quarantined: [],
      shadowed: [],
      calls: 0,
      failures: 0,
    }))
    return [...running, ...off]
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#shelves.values()].map(({ link }) => link.stop()))
  }

  /** A name that is taken, by the hub or an upstream before, is never given to another tool. */
  #reindex(): void {
    const index = new Map<string, Served>()
    for (const [upstream, shelf] of [...this.#shelves].sort(([a], [b]) => (a < b ? -1 : 1))) {
      shelf.shadowed = []
      const prefix =
        shelf.link.config.prefix ?? `${upstream.toLowerCase().replace(/[^a-z0-9_]/g, '_')}_`
      for (const tool of shelf.accepted.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        const name = shorten(`${prefix}${tool.name}`)
        if (this.#isTaken(name) || index.has(name)) shelf.shadowed.push(tool.name)
        else index.set(name, { name, own: tool.name, tool, link: shelf.link })
      }
    }
    this.#index = index
    this.version++
  }
}

/** Clients allow 64 characters; a longer name keeps its start and gets a stable end. */
function shorten(name: string): string {
  if (name.length <= maxNameLength) return name
  return `${name.slice(0, maxNameLength - 9)}_${hash('sha256', name).slice(0, 8)}`
}

const sameConfig = (a: UpstreamConfig | undefined, b: UpstreamConfig) =>
  JSON.stringify(a) === JSON.stringify(b)
