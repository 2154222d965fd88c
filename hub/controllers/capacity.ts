import type { Capacity } from '../../schemas/cluster.ts'
import { noAmounts, samplesOf } from '../../servers/capacity/sampling.ts'
import type { Sample } from '../../servers/capacity/store/samples.ts'
import { dropOldSamples, ofHub, recordSamples } from '../../servers/capacity/store/samples.ts'
import { pause } from '../../servers/kit/clock.ts'
import { countAllQueued } from '../../servers/orchestration/store/queue.ts'
import type { WatchingContext } from './context.ts'
import { guarded } from './context.ts'

const tickMs = 10_000
/** A cluster that does not answer until the next look leaves a gap. */
const patienceMs = 8000
/** Reading a cluster takes no more than this part of the time: of one with 10,000 pods that is a second. */
const leastPauses = 30
const tidyMs = 3_600_000

type Cluster = ReturnType<WatchingContext['clusters']['list']>[number]

/** Keeps what clusters have, promised and use, and how long the queue is, every ten seconds. */
export async function capacity(context: WatchingContext): Promise<void> {
  const { clock, signal, store } = context
  const reading = new Reading(context)
  let tidyAt = clock.now() + tidyMs
  while (!signal.aborted) {
    // In step with the clock, so that each span of time has as many looks as another.
    await pause(clock, tickMs - (clock.now() % tickMs), signal)
    if (signal.aborted) return
    await guarded(context, 'capacity', async () => {
      const samples = await reading.read()
      const amounts = { ...noAmounts, queued: await countAllQueued(store.reader) }
      const queue: Sample = { cluster: ofHub, place: 0, node: '', nodes: 0, amounts }
      await recordSamples(store, clock.now(), [queue, ...samples])
      if (clock.now() < tidyAt) return
      tidyAt = clock.now() + tidyMs
      await dropOldSamples(store, clock.now())
    })
  }
}

/** Reads clusters, a slow one less often; none keeps the others waiting. */
class Reading {
  readonly #context: WatchingContext
  readonly #dueAt = new Map<string, number>()

  constructor(context: WatchingContext) {
    this.#context = context
  }

  async read(): Promise<Sample[]> {
    const { clock, clusters } = this.#context
    const due = clusters.list().filter(({ id }) => (this.#dueAt.get(id) ?? 0) <= clock.now())
    return (await Promise.all(due.map((cluster) => this.#one(cluster)))).flat()
  }

  async #one(cluster: Cluster): Promise<Sample[]> {
    const { clock, log, signal } = this.#context
    const askedAt = clock.now()
    const enough = new AbortController()
    try {
      const nodes = await Promise.race([
        cluster.nodes(),
        pause(clock, patienceMs, AbortSignal.any([signal, enough.signal])).then(
          (): Capacity[] => [],
        ),
      ])
      // A cluster without nodes and one that did not answer have nothing to keep.
      return nodes.length === 0 ? [] : samplesOf(cluster.id, nodes)
    } catch (error) {
      log.debug({ error, cluster: cluster.id }, 'a cluster does not say what it has')
      return []
    } finally {
      enough.abort()
      this.#dueAt.set(cluster.id, clock.now() + leastPauses * (clock.now() - askedAt))
    }
  }
}
