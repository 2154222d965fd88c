import { z } from 'zod'
import type { Capacity, ClusterHealth } from '../../../../schemas/cluster.ts'
import type { Clock } from '../../../kit/clock.ts'
import { listAll } from './list.ts'
import { capacitiesOf } from './nodes.ts'
import { NodeObject, PodObject, parsed } from './objects.ts'
import type { Transport } from './transport.ts'

/** How old what placement knows of a cluster may be: reading 10,000 pods for each decision would cost more. */
const freshMs = 5000
/** How old while it is read anew: a cluster that never answers must not keep all others waiting. */
const staleMs = 20_000

type Known = { at: number; nodes: () => Capacity[] }

/** What a cluster has and how it is, read when it is asked for and kept for a moment. */
export class ClusterState {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #about: { cluster: string; tags: string[] }
  #known: Known | undefined
  #reading: Promise<Known> | undefined

  constructor(transport: Transport, clock: Clock, about: { cluster: string; tags: string[] }) {
    this.#transport = transport
    this.#clock = clock
    this.#about = about
  }

  /** What the nodes have; the last answer, or the last failure, where the next one is on its way. */
  async nodes(): Promise<Capacity[]> {
    const age = this.#clock.now() - (this.#known?.at ?? -Infinity)
    if (age >= freshMs)
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined
      })
    const known = this.#known && age < staleMs ? this.#known : await (this.#reading ?? this.#read())
    return known.nodes()
  }

  async health(): Promise<ClusterHealth> {
    try {
      const version = parsed(Version, await this.#transport.json({ path: '/version' })).gitVersion
      const nodes = await this.nodes()
      const closed = nodes.filter((node) => node.closed !== undefined)
      if (nodes.length > closed.length) return { state: 'ready', version }
      const [first] = closed
      const reason = first
        ? `no node takes pods: ${first.node}: ${first.closed}`
        : 'it has no nodes'
      return { state: 'pressure', reason, version }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { state: 'unreachable', reason }
    }
  }

  async #read(): Promise<Known> {
    const nodes = await this.#readNodes(this.#clock.now()).then(
      (read) => () => read,
      (error: unknown) => () => {
        throw error
      },
    )
    this.#known = { at: this.#clock.now(), nodes }
    return this.#known
  }

  async #readNodes(now: number): Promise<Capacity[]> {
    const [nodes, pods] = await Promise.all([
      listAll(this.#transport, NodeObject, { path: '/api/v1/nodes' }),
      listAll(this.#transport, PodObject, {
        path: '/api/v1/pods',
        query: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
      }),
    ])
    return capacitiesOf(nodes.items, pods.items, { ...this.#about, now })
  }
}

const Version = z.object({ gitVersion: z.string() })
