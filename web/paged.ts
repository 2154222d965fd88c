import type { ReactiveController, ReactiveControllerHost } from 'lit'
import { onEvent } from './live.ts'
import { PagedList } from './paged-list.ts'
import type { Asked } from './query.ts'
import { byNoun, isStale } from './query.ts'

const keptLists = 12

const lists = new Map<string, PagedList>()

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
    const isKnown = list === this.list
    if (!isKnown) this.list?.readers.delete(this.#update)
    this.list = list
    if (!list) return
    const { from, to } = list.readers.get(this.#update) ?? { from: 0, to: 0 }
    const { tool, staleBy = byNoun(tool) } = wanted.asked
    list.readers.set(this.#update, { from, to, staleBy })
    if (!isKnown) list.refresh()
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
    const reader = this.list?.readers.get(this.#update)
    if (reader) Object.assign(reader, { from, to })
    this.list?.work()
  }
}

function listOf(
  { tool, args = {}, everyMs = 0 }: Asked,
  key: (item: unknown) => string,
): PagedList {
  const name = `${tool} ${JSON.stringify(args)}`
  const known = lists.get(name)
  if (known) return known
  const made = new PagedList({ tool, args, everyMs }, key)
  lists.set(name, made)
  for (const [old, { readers }] of lists) {
    if (lists.size <= keptLists) break
    if (readers.size === 0 && old !== name) lists.delete(old)
  }
  return made
}

onEvent((event) => {
  for (const list of lists.values())
    if (
      isStale(
        [...list.readers.values()].map(({ staleBy }) => staleBy),
        event,
      )
    )
      list.refresh()
})
