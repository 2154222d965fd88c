import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Event } from '../schemas/event.ts'
import { onEvent } from './live.ts'
import type { ToolError } from './mcp.ts'
import { callTool, toolError } from './mcp.ts'

export type StaleBy = (event: Event) => boolean

export type Asked = {
  tool: string
  args?: Record<string, unknown>
  /** Which events make the answer stale; default: those about the tool's noun. */
  staleBy?: StaleBy
  /** What need not be as new as the rest is asked for no more often than this. */
  everyMs?: number
}

/** An answer of a tool that several parts of the page may show. */
type Entry = {
  tool: string
  args: Record<string, unknown>
  everyMs: number
  value: unknown
  error: ToolError | undefined
  state: 'idle' | 'loading' | 'stale'
  /** When it may be asked for again; 0 before the first time. */
  restUntil: number
  /** How much memory the answer takes, in characters of its JSON. */
  size: number
  /**
   * Whom to tell, and which events make the answer stale for them. Both belong to a component, so nothing
   * of them may outlive its reading: an answer is kept long after.
   */
  readers: Map<() => void, StaleBy>
}

const entries = new Map<string, Entry>()
/** Of answers that nobody looks at so much is kept, the ones looked at last, so that going back is quick. */
const keptChars = 8_000_000
const leastChars = 500
/**
 * How long after a question the same may be asked again, however many events arrive: never more often
 * than twenty-five times a second, and where an answer takes long, seldom enough to leave the hub room.
 */
export const restMs = (tookMs: number): number => Math.max(40, 3 * tookMs)

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
    const isKnown = next === this.#entry
    if (!isKnown) this.#entry?.readers.delete(this.#update)
    this.#entry = next
    if (!asked || !next) return
    next.readers.set(this.#update, asked.staleBy ?? byNoun(asked.tool))
    if (!isKnown && next.readers.size === 1) renew(next)
  }
}

function entryOf({ tool, args = {}, everyMs = 0 }: Asked): Entry {
  const key = `${tool} ${JSON.stringify(args)}`
  const known = entries.get(key)
  if (known) {
    entries.delete(key) // It goes to the end, among those that were looked at last.
    entries.set(key, known)
    return known
  }
  const made: Entry = {
    tool,
    args,
    everyMs,
    value: undefined,
    error: undefined,
    state: 'idle',
    restUntil: 0,
    size: leastChars,
    readers: new Map(),
  }
  entries.set(key, made)
  return made
}

/** Drops answers that nobody looks at, the ones that were asked for first, until the rest is small enough. */
function forget(): void {
  let chars = [...entries.values()].reduce((sum, { size }) => sum + size, 0)
  for (const [key, { readers, size }] of entries) {
    if (chars <= keptChars) return
    if (readers.size > 0) continue
    entries.delete(key)
    chars -= size
  }
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
    entry.value = await callTool(entry.tool, entry.args)
    entry.error = undefined
    entry.size = leastChars + sizeOf(entry.value)
  } catch (error) {
    entry.error = toolError(error)
  }
  entry.restUntil = askedAt + Math.max(entry.everyMs, restMs(performance.now() - askedAt))
  const isAskedAgain = (entry.state as Entry['state']) === 'stale' // renew() may have set it meanwhile.
  entry.state = 'idle'
  for (const reader of entry.readers.keys()) reader()
  forget()
  if (isAskedAgain && entry.readers.size > 0) renew(entry)
}

/** About as long as its JSON, without making it: texts weigh their length, all else a little. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  let size = 16
  for (const one of Object.values(value)) size += 16 + sizeOf(one)
  return size
}

onEvent((event) => {
  for (const entry of entries.values())
    if (isStale([...entry.readers.values()], event)) renew(entry)
})

/** Whether one of those who read an answer wants it anew; without an event, some were missed. */
export const isStale = (readers: StaleBy[], event: Event | undefined): boolean =>
  event === undefined ? readers.length > 0 : readers.some((staleBy) => staleBy(event))

/** Events about the noun of a tool. */
export const byNoun = (tool: string) => {
  const noun = tool.split('_')[0] ?? tool
  return ({ kind }: Event) => kind.startsWith(`${noun}.`)
}
