import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Event } from '../schemas/event.ts'
import { onEvent } from './live.ts'
import type { ToolError } from './mcp.ts'
import { callTool, toolError } from './mcp.ts'

export type Asked = {
  tool: string
  args?: Record<string, unknown>
  /** Which events make the answer stale; default: those about the tool's noun. */
  staleBy?: (event: Event) => boolean
}

/** An answer of a tool that several parts of the page may show. */
type Entry = {
  asked: Required<Asked>
  value: unknown
  error: ToolError | undefined
  state: 'idle' | 'loading' | 'stale'
  /** When it may be asked for again; 0 before the first time. */
  restUntil: number
  readers: Set<() => void>
}

const entries = new Map<string, Entry>()
const keptEntries = 200
/**
 * How long after a question the same may be asked again, however many events arrive: never more often
 * than sixteen times a second, and where an answer takes long, seldom enough to leave the hub room.
 */
export const restMs = (tookMs: number): number => Math.max(60, 3 * tookMs)

/**
 * The answer of a read tool, shared by all that ask the same, and kept fresh by the event stream. What
 * it had stays shown while a newer one is fetched. `asked` may change with each render of the host.
 */
export class Query<T> implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #asked: () => Asked | undefined
  readonly #update = () => this.#host.requestUpdate()
  #entry: Entry | undefined

  constructor(host: ReactiveControllerHost, asked: () => Asked | undefined) {
    this.#host = host
    this.#asked = asked
    host.addController(this)
  }

  get value(): T | undefined {
    return this.#entry?.value as T | undefined // The tool's output schema states it.
  }

  get error(): ToolError | undefined {
    return this.#entry?.error
  }

  /** Whether nothing can be shown yet. */
  get isLoading(): boolean {
    return this.#entry !== undefined && this.value === undefined && this.error === undefined
  }

  refresh(): void {
    if (this.#entry) renew(this.#entry)
  }

  hostUpdate(): void {
    this.#follow(this.#asked())
  }

  hostConnected(): void {
    this.#follow(this.#asked())
  }

  hostDisconnected(): void {
    this.#follow(undefined)
  }

  #follow(asked: Asked | undefined): void {
    const next = asked && entryOf(asked)
    if (next === this.#entry) return
    this.#entry?.readers.delete(this.#update)
    this.#entry = next
    if (!next) return
    next.readers.add(this.#update)
    if (next.readers.size === 1) renew(next)
  }
}

function entryOf({ tool, args = {}, staleBy = byNoun(tool) }: Asked): Entry {
  const key = `${tool} ${JSON.stringify(args)}`
  const known = entries.get(key)
  if (known) return known
  const asked = { tool, args, staleBy }
  const made: Entry = {
    asked,
    value: undefined,
    error: undefined,
    state: 'idle',
    restUntil: 0,
    readers: new Set(),
  }
  entries.set(key, made)
  for (const [old, { readers }] of entries) {
    if (entries.size <= keptEntries) break
    if (readers.size === 0) entries.delete(old)
  }
  return made
}

/** Asks again, never twice at a time; what happens meanwhile brings exactly one more. */
function renew(entry: Entry): void {
  if (entry.state !== 'idle') {
    entry.state = 'stale'
    return
  }
  entry.state = 'loading'
  setTimeout(() => void ask(entry), Math.max(0, entry.restUntil - performance.now()))
}

async function ask(entry: Entry): Promise<void> {
  entry.state = 'loading'
  const askedAt = performance.now()
  try {
    entry.value = await callTool(entry.asked.tool, entry.asked.args)
    entry.error = undefined
  } catch (error) {
    entry.error = toolError(error)
  }
  entry.restUntil = askedAt + restMs(performance.now() - askedAt)
  const isStale = (entry.state as Entry['state']) === 'stale' // renew() may have set it meanwhile.
  entry.state = 'idle'
  for (const reader of entry.readers) reader()
  if (isStale && entry.readers.size > 0) renew(entry)
}

onEvent((event) => {
  for (const entry of entries.values())
    if (entry.readers.size > 0 && (event === undefined || entry.asked.staleBy(event))) renew(entry)
})

/** Events about the noun of a tool. */
export const byNoun = (tool: string) => {
  const noun = tool.split('_')[0] ?? tool
  return ({ kind }: Event) => kind.startsWith(`${noun}.`)
}
