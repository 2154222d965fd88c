import type { ReactiveControllerHost } from 'lit'
import type { Event } from '../schemas/event.ts'
import type { ToolError } from './mcp.ts'
import { callTool, toolError } from './mcp.ts'
import { Query } from './query.ts'

type Read = { items: Event[]; previous?: number }

const pageSize = 200

/** What happened to a task: the newest of it as it comes, and what was earlier when it is asked for. */
export class TaskHistory {
  error: ToolError | undefined
  isBusy = false
  readonly #host: ReactiveControllerHost
  readonly #task: () => string
  readonly #newest: Query<Read>
  /** What was read of one task so far, without a gap. */
  #read: Read & { task: string } = { task: '', items: [] }

  constructor(host: ReactiveControllerHost, task: () => string) {
    this.#host = host
    this.#task = task
    this.#newest = new Query<Read>(host, () => ({
      tool: 'event_list',
      args: { task: task(), tail: pageSize },
      staleBy: (event) => event.task === task(),
    }))
  }

  /** In the order that it happened. */
  get items(): Event[] {
    return this.#known().items
  }

  get hasEarlier(): boolean {
    return this.#known().previous !== undefined
  }

  async loadEarlier(): Promise<void> {
    const { task, previous: before } = this.#known()
    if (before === undefined || this.isBusy) return
    this.isBusy = true
    this.#host.requestUpdate()
    try {
      const args = { task, tail: pageSize, before }
      const { items, previous } = await callTool<Read>('event_list', args)
      // Another task may be shown by now, or the newest events have left a gap and begun anew.
      if (this.#read.task === task && this.#read.previous === before)
        this.#read = joined(task, [...items, ...this.#read.items], previous)
      this.error = undefined
    } catch (error) {
      this.error = toolError(error)
    }
    this.isBusy = false
    this.#host.requestUpdate()
  }

  #known(): Read & { task: string } {
    const task = this.#task()
    if (this.#read.task !== task) this.#read = { task, items: [] }
    const { items: newest = [], previous } = this.#newest.value ?? {}
    const last = this.#read.items.at(-1)?.seq
    if (newest.length === 0 || newest.at(-1)?.seq === last) return this.#read
    const first = newest[0]?.seq ?? 0
    const isContinued = last !== undefined && (previous === undefined || first <= last)
    if (!isContinued) this.#read = joined(task, newest, previous)
    else {
      const fresh = newest.filter(({ seq }) => seq > last)
      this.#read = joined(task, [...this.#read.items, ...fresh], this.#read.previous)
    }
    return this.#read
  }
}

const joined = (task: string, items: Event[], previous: number | undefined) => ({
  ...{ task, items },
  ...(previous === undefined ? {} : { previous }),
})
