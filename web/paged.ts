import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { onEvent } from './live.ts'
import type { ToolError } from './mcp.ts'
import { callTool, toolError } from './mcp.ts'
import type { Asked } from './query.ts'
import { byNoun, restMs } from './query.ts'

type Range = { from: number; to: number }
type Page = {
  cursor: string | undefined
  items: unknown[] | undefined
  count: number
  isStale: boolean
}

const pageSize = 100
/** A page may take in as many as the hub gives at once, so that what came meanwhile fits in front. */
const mostItems = 200
/** Pages that are kept whole; of others only their place, so that a long list takes little memory. */
const keptPages = 40
const keptLists = 12
/** How far below what is shown the next page is asked for. */
const aheadRows = 60

const lists = new Map<string, PagedList>()

/**
 * A list of the hub as one long list: its pages are asked for as they come into sight, dropped when
 * far away, and asked for again when an event says that they changed.
 */
export class PagedList {
  error: ToolError | undefined
  readonly asked: Required<Asked>
  readonly readers = new Map<() => void, Range>()
  readonly #key: (item: unknown) => string
  #pages: Page[] = [{ cursor: undefined, items: undefined, count: 0, isStale: true }]
  /** Where the list goes on after the last page. */
  #next: string | undefined
  #isBusy = false
  #restUntil = 0

  constructor(asked: Required<Asked>, key: (item: unknown) => string) {
    this.asked = asked
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
    const waitMs = page.items ? Math.max(0, this.#restUntil - performance.now()) : 0
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
    const { tool, args } = this.asked
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

  /** A page whose end cannot be told from the rows after it is asked for as long as it was. */
  #limitOf(page: Page): number {
    if (page.count === 0) return pageSize
    const after = this.#pages[this.#pages.indexOf(page) + 1]
    const isEndKnown = page.items !== undefined && (!after || after.items !== undefined)
    return isEndKnown ? mostItems : page.count
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
    if (!after || next === undefined) this.#pages.length = at + 1
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

/** Keeps a part told about a list, which it may share with others. */
export class Paged implements ReactiveController {
  list: PagedList | undefined
  readonly #host: ReactiveControllerHost
  readonly #asked: () => { asked: Asked; key(item: never): string } | undefined
  readonly #update = () => this.#host.requestUpdate()

  constructor(
    host: ReactiveControllerHost,
    asked: () => { asked: Asked; key(item: never): string } | undefined,
  ) {
    this.#host = host
    this.#asked = asked
    host.addController(this)
  }

  hostUpdate(): void {
    const wanted = this.#asked()
    const list = wanted && listOf(wanted.asked, wanted.key as (item: unknown) => string) // Of this list's own items.
    if (list === this.list) return
    this.list?.readers.delete(this.#update)
    this.list = list
    if (!list) return
    list.readers.set(this.#update, { from: 0, to: 0 })
    list.refresh()
  }

  hostConnected(): void {
    this.#host.requestUpdate()
  }

  hostDisconnected(): void {
    this.list?.readers.delete(this.#update)
    this.list = undefined
  }

  /** Says which rows are in sight. */
  show(from: number, to: number): void {
    this.list?.readers.set(this.#update, { from, to })
    this.list?.work()
  }
}

function listOf(
  { tool, args = {}, staleBy = byNoun(tool) }: Asked,
  key: (item: unknown) => string,
): PagedList {
  const name = `${tool} ${JSON.stringify(args)}`
  const known = lists.get(name)
  if (known) return known
  const made = new PagedList({ tool, args, staleBy }, key)
  lists.set(name, made)
  for (const [old, { readers }] of lists) {
    if (lists.size <= keptLists) break
    if (readers.size === 0 && old !== name) lists.delete(old)
  }
  return made
}

onEvent((event) => {
  for (const list of lists.values())
    if (list.readers.size > 0 && (event === undefined || list.asked.staleBy(event))) list.refresh()
})
