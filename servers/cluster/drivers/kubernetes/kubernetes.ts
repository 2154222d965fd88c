import type { Logger } from 'pino'
import type { Capacity, ClusterHealth } from '../../../../schemas/cluster.ts'
import type { Resources } from '../../../../schemas/task.ts'
import type {
  AcceptedPod,
  ClusterDriver,
  ExecEvent,
  LogOptions,
  PodSpec,
} from '../../../kit/cluster-driver.ts'
import type { Clock } from '../../../kit/clock.ts'
import type { Access } from './access.ts'
import { hasStatus, unlessAway } from './api-error.ts'
import { ClusterState } from './cluster-state.ts'
import { endLive } from './ending.ts'
import { execute } from './exec.ts'
import { queueReason } from './extensions.ts'
import { KeptOutput, keptBytes } from './kept-output.ts'
import type { Handle, LivePod } from './live-pod.ts'
import { acceptedPod } from './live-pod.ts'
import { LivePods } from './live-pods.ts'
import { readLive, readTail } from './logs.ts'
import type { Mark } from './names.ts'
import { podLabel } from './names.ts'
import type { PodObject } from './objects.ts'
import { cordonNode, evictPod, resizePod } from './moves.ts'
import { PodTokens, knownPod } from './pod-tokens.ts'
import { agentOf, programOf } from './program.ts'
import { createPod } from './new-pod.ts'
import { deletePod, dropPod, handleOf, lastWarning, lookFor, podPath } from './pod-api.ts'
import { amountsOf } from './pod-manifest.ts'
import { PodFeed } from './pod-feed.ts'
import { podProxy } from './pod-proxy.ts'
import { Premises } from './premises.ts'
import { resumePod, suspendPod } from './suspension.ts'
import type { KubernetesSettings } from './settings.ts'
import { Transport } from './transport.ts'

const wordsMs = 5000

/**
 * Pods of a Kubernetes cluster. The hub chooses the cluster and says what a pod needs; the cluster's
 * scheduler chooses the node. All that the hub makes there carries the mark of this registration, and
 * nothing without it is touched. Pods outlive the hub, which finds them again by their identifiers.
 */
export class KubernetesDriver implements ClusterDriver {
  readonly id: string
  readonly kind = 'kubernetes'
  readonly runsAgents: boolean
  readonly limits = ['time', 'cpu', 'memory', 'ephemeral storage']
  readonly orgs: string[] | undefined
  readonly podLimit: number
  readonly premises: Premises
  readonly identify: (token: string) => Promise<string | undefined>
  readonly reach: ClusterDriver['reach']
  readonly #at: KubernetesSettings & Mark
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #log: Logger
  readonly #state: ClusterState
  readonly #kept: KeptOutput
  readonly #feed: PodFeed
  readonly #live: LivePods
  /** Pods that are being made, with what the watch said of them before the answer was here. */
  readonly #starting = new Map<string, PodObject | undefined>()
  readonly #closing = new AbortController()
  #watching: Promise<void> | undefined
  /** The pods that the hub said live, since when others are orphans. */
  #known: Set<string> | undefined

  constructor(options: {
    id: string
    at: KubernetesSettings & Mark
    access: () => Promise<Access>
    dataDir: string
    clock: Clock
    log: Logger
  }) {
    const { id, at, access, dataDir, clock, log } = options
    this.id = id
    this.orgs = at.orgs
    this.runsAgents = agentOf(at) !== undefined
    this.podLimit = at.limits.pods
    this.#at = at
    this.#clock = clock
    this.#log = log
    this.#transport = new Transport(id, access, clock)
    this.premises = new Premises(this.#transport, at, clock)
    this.#state = new ClusterState(this.#transport, clock, { cluster: id, tags: at.tags })
    this.#kept = new KeptOutput(dataDir, id)
    this.#feed = new PodFeed({ transport: this.#transport, cluster: id, mark: at, clock, log })
    const acts = {
      stop: (pod: LivePod, reason: string) => this.stop(pod.spec.id, 0, reason),
      force: (handle: Handle) => dropPod(this.#transport, handle, 0),
      complaint: (handle: Handle) => lastWarning(this.#transport, handle),
      gate: (handle: Handle) => queueReason(this.#transport, at, handle),
      look: (handle: Handle) => lookFor(this.#transport, handle),
      bury: (pod: LivePod) => this.#bury(pod),
      orphan: (pod: PodObject) => this.#orphan(pod),
    }
    this.#live = new LivePods(acts, clock, log)
    const known = (pod: string) =>
      knownPod(this.#live.get(pod), !this.#known || this.#starting.has(pod))
    const tokens = new PodTokens({ transport: this.#transport, cluster: id, mark: at, known })
    this.identify = (token) => tokens.podOf(token)
    this.reach = podProxy(this.#transport, id, this.#live)
  }

  isolation() {
    const reason =
      'pods are containers without privileges, with a file system and user of their own'
    return Promise.resolve({ level: 'container' as const, reason })
  }

  health(): Promise<ClusterHealth> {
    return this.#state.health()
  }

  extensions(): Promise<string[]> {
    return this.premises.extensions()
  }

  nodes(): Promise<Capacity[]> {
    return this.#state.nodes()
  }

  async start(spec: PodSpec): Promise<AcceptedPod> {
    const program = programOf(spec.program, this.id, this.#at)
    this.#watch()
    this.#starting.set(spec.id, undefined)
    try {
      await this.premises.ensure(spec.org)
      const tags = spec.tags.filter((tag) => !this.#at.tags.includes(tag))
      const how = { program, clock: this.#clock }
      const pod = await createPod(this.#transport, { ...spec, tags }, this.#at, how)
      const live = this.#live.add(spec, handleOf(pod))
      this.#live.set(this.#starting.get(spec.id) ?? pod)
      return acceptedPod(live, pod.spec.nodeName)
    } catch (error) {
      // Somebody removed the namespace: the next start makes it anew.
      if (hasStatus(error, 404)) this.premises.forget(spec.org)
      throw error
    } finally {
      this.#starting.delete(spec.id)
    }
  }

  async adopt(spec: PodSpec, text: string): Promise<AcceptedPod | undefined> {
    const handle = JSON.parse(text) as Handle // Written by acceptedPod.
    // While the cluster is away nobody knows; the watch finds out once it is back.
    const found = await lookFor(this.#transport, handle).catch(unlessAway)
    if (!found) return undefined
    const pod = typeof found === 'object' ? found : undefined
    const live = this.#live.add(spec, pod ? handleOf(pod) : handle)
    if (pod) this.#live.set(pod)
    if (found === 'suspended') this.#live.suspend(live)
    if (found === 'resuming') this.#live.wake(live)
    this.#watch()
    return acceptedPod(live, pod?.spec.nodeName ?? '')
  }

  stop(podId: string, graceMs: number, reason: string): Promise<void> {
    return this.#endBy(deletePod, podId, { graceMs, reason })
  }

  evict(podId: string, graceMs: number, reason: string): Promise<void> {
    return this.#endBy(evictPod, podId, { graceMs, reason })
  }

  async cordon(node: string, closed: string | undefined): Promise<void> {
    await cordonNode(this.#transport, node, closed !== undefined)
    this.#state.forget()
  }

  async resize(podId: string, resources: Resources): Promise<void> {
    await resizePod(this.#transport, this.#live.running(podId).handle, amountsOf(resources))
  }

  readonly suspend = (pod: string): Promise<void> => suspendPod(this.#transport, this.#live, pod)
  readonly resume = (pod: string): Promise<void> => resumePod(this.#transport, this.#live, pod)

  async *exec(podId: string, command: string[], signal: AbortSignal): AsyncGenerator<ExecEvent> {
    const { handle } = this.#live.running(podId)
    yield* execute(this.#transport, this.id, { handle, command, signal })
  }

  async *logs(podId: string, options: LogOptions): AsyncGenerator<Uint8Array> {
    options.signal.throwIfAborted()
    const live = this.#live.get(podId)
    const isLive = () => this.#live.get(podId) === live && !live?.suspension
    const asked = { ...options, clock: this.#clock, isLive }
    const isTold =
      live && !live.isEnding && !live.suspension ? yield* readLive(this.#logOf(live), asked) : false
    if (!isTold) yield* this.#kept.read(podId, options)
  }

  async sweep(livePodIds: Set<string>): Promise<{ killed: number; removed: number }> {
    this.#known = livePodIds
    this.#watch()
    const orphans = (await this.#feed.list()).filter(({ metadata }) => {
      const id = metadata.labels[podLabel] ?? ''
      return !livePodIds.has(id) && !this.#starting.has(id)
    })
    for (const pod of orphans) await deletePod(this.#transport, handleOf(pod), 1)
    return { killed: orphans.length, removed: await this.#kept.tidy() }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#live.close()
    await this.#transport.close()
    await this.#watching
  }

  async #endBy(
    ask: typeof deletePod,
    pod: string,
    { graceMs, reason }: { graceMs: number; reason: string },
  ): Promise<void> {
    const live = this.#live.get(pod)
    const at = { transport: this.#transport, pods: this.#live, clock: this.#clock }
    if (live)
      await endLive(live, { ask, graceMs, reason }, { ...at, closing: this.#closing.signal })
  }

  #logOf = ({ handle }: LivePod) => ({ transport: this.#transport, path: `${podPath(handle)}/log` })

  async #bury(live: LivePod): Promise<void> {
    this.#state.ended(live.handle.uid)
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(wordsMs)])
    const words = live.lastWords ?? readTail(this.#logOf(live), keptBytes, signal)
    const bytes = await words.catch(() => undefined) // Its node is gone, or it never ran.
    if (bytes && bytes.length > 0) await this.#kept.write(live.spec.id, bytes)
    await deletePod(this.#transport, live.handle, 0)
  }

  #orphan(pod: PodObject): void {
    const id = pod.metadata.labels[podLabel] ?? ''
    if (this.#starting.has(id)) this.#starting.set(id, pod)
    if (!this.#known || this.#known.has(id) || this.#starting.has(id)) return
    if (pod.metadata.deletionTimestamp) return
    deletePod(this.#transport, handleOf(pod), 1).catch((error: unknown) =>
      this.#log.warn({ error, pod: id, cluster: this.id }, 'an orphan was not ended'),
    )
  }

  #watch(): void {
    this.#watching ??= this.#feed.follow(this.#live, this.#closing.signal)
  }
}
