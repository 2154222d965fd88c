import type { Logger } from 'pino'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import { listAll } from './list.ts'
import type { LivePods } from './live-pods.ts'
import type { Mark } from './names.ts'
import { ownedBy } from './names.ts'
import { PodObject } from './objects.ts'
import type { Transport } from './transport.ts'
import { watch } from './watch.ts'

const againMs = 1000

/** All pods with the mark of this registration: listed once, or followed for as long as the hub runs. */
export class PodFeed {
  readonly #transport: Transport
  readonly #cluster: string
  readonly #call: { path: string; query: Record<string, string> }
  readonly #clock: Clock
  readonly #log: Logger

  constructor(options: {
    transport: Transport
    cluster: string
    mark: Mark
    clock: Clock
    log: Logger
  }) {
    const { transport, cluster, mark, clock, log } = options
    this.#transport = transport
    this.#cluster = cluster
    this.#call = { path: '/api/v1/pods', query: { labelSelector: ownedBy(mark) } }
    this.#clock = clock
    this.#log = log
  }

  async list(): Promise<PodObject[]> {
    return (await listAll(this.#transport, PodObject, this.#call)).items
  }

  /** Tells the live pods what happens; ends when `signal` aborts. */
  async follow(live: LivePods, signal: AbortSignal): Promise<void> {
    const options = { call: this.#call, clock: this.#clock, signal, onTrouble: this.#trouble }
    while (!signal.aborted) {
      try {
        for await (const change of watch(this.#transport, PodObject, options))
          await live.see(change)
      } catch (error) {
        if (signal.aborted) return
        // What was missed is in the list that the next watch begins with.
        this.#trouble(error)
        await pause(this.#clock, againMs, signal)
      }
    }
  }

  #trouble = (error: unknown): void => {
    const cluster = this.#cluster
    if (error === undefined) this.#log.info({ cluster }, 'the pods of a cluster are followed again')
    else this.#log.warn({ error, cluster }, 'the pods of a cluster cannot be followed')
  }
}
