import type { ToolError } from './mcp.ts'
import { callTool, toolError } from './mcp.ts'
import type { StaleBy } from './query.ts'
import { restMs } from './query.ts'

/**
 * Lists are asked for as often as events come; one with `everyMs` so long after an event. That gathers
 * what comes meanwhile, and lets the hub first do what follows from the event.
 */
type Listing = { tool: string; args: Record<string, unknown>; everyMs: number }
/** Rows that are in sight of a component, and which events make them stale for it. */
type Reader = { from: number; to: number; staleBy: StaleBy }
type Page = {
  cursor: string | undefined
  items: unknown[] | undefined
  count: number
  isStale: boolean
}

const pageSize = 100
/** What the first look needs: it is asked for most often, and soonest. */
const firstSize = 50
/** More than is in sight, so that what came meanwhile fits in front. */
const spareItems = 50
/** As many as the hub gives at once. */
const mostItems = 200
/** Pages that are kept whole; of others only their place, so that a long list takes little memory. */
const keptPages = 40
/** How far below what is shown the next page is asked for. */
const aheadRows = 30

/**
 * A list of the hub as one long list: its pages are asked for as they come into sight, dropped when
 * far away, and asked for again when an event says that they changed.
 */
export class PagedList {
  error: ToolError | undefined
  readonly readers = new Map<() => void, Reader>()
  readonly #listing: Listing
  readonly #key: (item: unknown) => string
  #pages: Page[] = [{ cursor: undefined, items: undefined, count: 0, isStale: true }]
  /** Where the list goes on after the last page. */
  #next: string | undefined
  #isBusy = false
  #restUntil = 0

  constructor(listing: Listing, key: (item: unknown) => string) {
    this.#listing = listing
    this.#key = key
  }

  /** Rows that are known of. */
  get count(): number {
    return this.#pages.reduce((sum, { count }) => sum + count, 0)
  }

  get hasMore(): boolean {
    return this.#next !== undefined
  }

  get isLoading(): boolean {
    return (
      this.#pages[0]?.items === undefined && this.#pages.length === 1 && this.error === undefined
    )
  }

  /** The row at a place; undefined while it is on its way. */
  at(index: number): unknown {
    let start = 0
    for (const { count, items } of this.#pages) {
      if (index < start + count) return items?.[index - start]
      start += count
    }
    return undefined
  }

  refresh(): void {
    for (const page of this.#pages) page.isStale = true
    this.error = undefined
    this.work()
  }

  /** Asks for what is in sight and missing, one page at a time. */
  work(): void {
    if (this.#isBusy || this.readers.size === 0 || this.error) return
    const at = this.#wanted()
    if (at === undefined) return
    this.#isBusy = true
    const page = this.#pages[at]! // #wanted() names one that is there.
    const restsMs = Math.max(this.#listing.everyMs, this.#restUntil - performance.now())
    const waitMs = page.items ? restsMs : 0
    setTimeout(() => void this.#load(page), waitMs)
  }

  #wanted(): number | undefined {
    const ranges = [...this.readers.values()]
    let start = 0
    for (const [at, { count, items, isStale }] of this.#pages.entries()) {
      const end = start + Math.max(1, count)
      const isSeen = ranges.some(({ from, to }) => from < end && to >= start)
      if (isSeen && (isStale || items === undefined)) return at
      start += count
    }
    const isNear = ranges.some(({ to }) => to + aheadRows >= start)
    if (this.#next === undefined || !isNear) return undefined
    return this.#pages.push({ cursor: this.#next, items: undefined, count: 0, isStale: true }) - 1
  }

  async #load(page: Page): Promise<void> {
    const { tool, args } = this.#listing
    const startedAt = performance.now()
    const limit = this.#limitOf(page)
    const { cursor } = page
    page.isStale = false
    try {
      const found = await callTool<{ items: unknown[]; next?: string }>(tool, {
        ...args,
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      })
      this.#take(page, found)
    } catch (error) {
      page.isStale = true
      this.error = toolError(error)
    }
    this.#restUntil = startedAt + restMs(performance.now() - startedAt)
    this.#isBusy = false
    this.#forget()
    for (const reader of this.readers.keys()) reader()
    this.work()
  }

  /**
   * A page whose end cannot be told from the rows after it is asked for as long as it was; any other for
   * what is looked at of it. Where thousands come in front, it would grow with each answer.
   */
  #limitOf(page: Page): number {
    const at = this.#pages.indexOf(page)
    if (page.count === 0) return at === 0 ? firstSize : pageSize
    const after = this.#pages[at + 1]
    const isEndKnown = page.items !== undefined && (!after || after.items !== undefined)
    if (!isEndKnown) return page.count
    if (!after && this.#next === undefined) return Math.min(mostItems, page.count + spareItems)
    const needed = this.#seenFrom(at) + aheadRows
    return Math.min(mostItems, Math.max(firstSize, Math.min(needed, page.count)) + spareItems)
  }

  /** How many rows from a page's first on down to the last that is in sight. */
  #seenFrom(at: number): number {
    const start = this.#pages.slice(0, at).reduce((sum, { count }) => sum + count, 0)
    return Math.max(...[...this.readers.values()].map(({ to }) => to - start))
  }

  /** Puts an answer in its place, so that it ends where the page after it begins. */
  #take(page: Page, { items, next }: { items: unknown[]; next?: string }): void {
    const at = this.#pages.indexOf(page)
    if (at < 0) return
    const after = this.#pages[at + 1]
    const first = after?.items?.[0]
    const end =
      first === undefined ? -1 : items.findIndex((item) => this.#key(item) === this.#key(first))
    page.items = end < 0 ? items : items.slice(0, end)
    page.count = page.items.length
    if (end >= 0) return
    // Where nobody looks further down, what was known of there is too old to be counted.
    const isLast = next === undefined || this.#seenFrom(at + 1) < 0
    if (!after || isLast) this.#pages.length = at + 1
    else if (after.cursor !== next) Object.assign(after, { cursor: next, isStale: true })
    if (at === this.#pages.length - 1) this.#next = next
  }

  /** Drops the rows of pages that are far from what is shown. */
  #forget(): void {
    const held = this.#pages.filter(({ items }) => items !== undefined)
    if (held.length <= keptPages) return
    const ranges = [...this.readers.values()]
    let start = 0
    for (const page of this.#pages) {
      const end = start + page.count
      const isNear = ranges.some(({ from, to }) => from < end + 2000 && to > start - 2000)
      if (!isNear) page.items = undefined
      start = end
    }
  }
}
