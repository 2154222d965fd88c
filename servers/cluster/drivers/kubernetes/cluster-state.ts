import { z } from 'zod'
import type { Capacity, ClusterHealth } from '../../../../schemas/cluster.ts'
import type { Clock } from '../../../kit/clock.ts'
import { listAll } from './list.ts'
import { Metrics } from './metrics.ts'
import { capacitiesOf, isPromised, withoutPod } from './nodes.ts'
import { podLabel } from './names.ts'
import { NodeObject, PodObject, parsed } from './objects.ts'
import type { Transport } from './transport.ts'

/** How old what placement knows of a cluster may be: reading 10,000 pods for each decision would cost more. */
const freshMs = 5000
/** How old while it is read anew: a cluster that never answers must not keep all others waiting. */
const staleMs = 20_000

/** The nodes, and those pods of hubs that they have promised something, by identifier. */
type Read = { nodes: Capacity[]; pods: Map<string, PodObject> }
type Known = { at: number } & ({ read: Read } | { read: undefined; error: unknown })

/** What a cluster has and how it is, read when it is asked for and kept for a moment. */
export class ClusterState {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #about: { cluster: string; tags: string[] }
  readonly #metrics: Metrics
  #known: Known | undefined
  /** Pods of the hub that ended, by identifier: what is read, or was, may still have them. */
  readonly #ended = new Map<string, number>()
  #reading: Promise<Known> | undefined

  constructor(transport: Transport, clock: Clock, about: { cluster: string; tags: string[] }) {
    this.#transport = transport
    this.#clock = clock
    this.#about = about
    this.#metrics = new Metrics(transport)
  }

  /** What the nodes have; the last answer, or the last failure, where the next one is on its way. */
  async nodes(): Promise<Capacity[]> {
    const age = this.#clock.now() - (this.#known?.at ?? -Infinity)
    if (age >= freshMs)
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined
      })
    const known = this.#known && age < staleMs ? this.#known : await (this.#reading ?? this.#read())
    if (!known.read) throw known.error
    return known.read.nodes
  }

  /** A pod has ended, so its room is there: also where what is known is older than that. */
  ended(uid: string): void {
    this.#ended.set(uid, this.#clock.now())
    const read = this.#known?.read
    if (read) leave(read, uid)
  }

  /** What is known is no longer so. */
  forget(): void {
    this.#known = undefined
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
    const beganAt = this.#clock.now()
    const found = await this.#readNodes(beganAt).then(
      (read) => ({ read }),
      (error: unknown) => ({ read: undefined, error }),
    )
    for (const [uid, at] of this.#ended)
      if (at < beganAt) this.#ended.delete(uid)
      else if (found.read) leave(found.read, uid)
    this.#known = { at: this.#clock.now(), ...found }
    return this.#known
  }

  async #readNodes(now: number): Promise<Read> {
    const [nodes, pods, used] = await Promise.all([
      listAll(this.#transport, NodeObject, { path: '/api/v1/nodes' }),
      listAll(this.#transport, PodObject, {
        path: '/api/v1/pods',
        query: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
      }),
      this.#metrics.read(now),
    ])
    return {
      nodes: capacitiesOf(nodes.items, pods.items, { ...this.#about, now, used }),
      pods: new Map(
        pods.items
          .filter((pod) => pod.metadata.labels[podLabel] !== undefined && isPromised(pod))
          .map((pod) => [pod.metadata.uid, pod]),
      ),
    }
  }
}

/** Takes a pod that has ended from the node where it was read. */
function leave(read: Read, uid: string): void {
  const pod = read.pods.get(uid)
  if (!pod) return
  read.pods.delete(uid)
  const at = read.nodes.findIndex(({ node }) => node === pod.spec.nodeName)
  const node = read.nodes[at]
  // Who was given the nodes before goes on with those.
  if (node) read.nodes = read.nodes.with(at, withoutPod(node, pod))
}

const Version = z.object({ gitVersion: z.string() })
