import type { Logger } from 'pino'
import type { Capacity, ClusterHealth } from '../../../../schemas/cluster.ts'
import { HubError } from '../../../../schemas/errors.ts'
import type {
  AcceptedPod,
  ClusterDriver,
  ExecEvent,
  LogOptions,
  PodSpec,
} from '../../../kit/cluster-driver.ts'
import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import { readAccess } from './access.ts'
import { hasStatus, unlessAway } from './api-error.ts'
import { ClusterState } from './cluster-state.ts'
import { execute } from './exec.ts'
import { KeptOutput, keptBytes } from './kept-output.ts'
import type { Handle, LivePod } from './live-pods.ts'
import { LivePods, acceptedPod } from './live-pods.ts'
import { followLog, readTail } from './logs.ts'
import type { Mark } from './names.ts'
import { containerName, podLabel } from './names.ts'
import type { PodObject } from './objects.ts'
import { createPod, deletePod, findPod, handleOf, lastWarning, podPath } from './pod-api.ts'
import { PodFeed } from './pod-feed.ts'
import { Premises } from './premises.ts'
import type { KubernetesSettings } from './settings.ts'
import { Transport } from './transport.ts'

const wordsMs = 5000
const stopMs = 15_000

/**
 * Pods of a Kubernetes cluster. The hub chooses the cluster and says what a pod needs; the cluster's
 * scheduler chooses the node. All that the hub makes there carries the mark of this registration, and
 * nothing without it is touched. Pods outlive the hub, which finds them again by their identifiers.
 */
export class KubernetesDriver implements ClusterDriver {
  readonly id: string
  readonly kind = 'kubernetes'
  readonly runsAgents = false
  readonly limits = ['time', 'cpu', 'memory', 'ephemeral storage']
  readonly orgs: string[] | undefined
  readonly premises: Premises
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
    dataDir: string
    clock: Clock
    log: Logger
  }) {
    const { id, at, dataDir, clock, log } = options
    this.id = id
    this.orgs = at.orgs
    this.#at = at
    this.#clock = clock
    this.#log = log
    this.#transport = new Transport(id, () => readAccess(at.source), clock)
    this.premises = new Premises(this.#transport, at, clock)
    this.#state = new ClusterState(this.#transport, clock, { cluster: id, tags: at.tags })
    this.#kept = new KeptOutput(dataDir, id)
    this.#feed = new PodFeed({ transport: this.#transport, cluster: id, mark: at, clock, log })
    const acts = {
      stop: (pod: LivePod, reason: string) => this.stop(pod.spec.id, 0, reason),
      force: (handle: Handle) => deletePod(this.#transport, handle, 0),
      complaint: (handle: Handle) => lastWarning(this.#transport, handle),
      look: (handle: Handle) => findPod(this.#transport, handle),
      bury: (pod: LivePod) => this.#bury(pod),
      orphan: (pod: PodObject) => this.#orphan(pod),
    }
    this.#live = new LivePods(acts, clock, log)
  }

  isolation() {
    const reason =
      'pods are containers without privileges, with a file system and user of their own'
    return Promise.resolve({ level: 'container' as const, reason })
  }

  health(): Promise<ClusterHealth> {
    return this.#state.health()
  }

  nodes(): Promise<Capacity[]> {
    return this.#state.nodes()
  }

  async start(spec: PodSpec): Promise<AcceptedPod> {
    if (spec.program.kind === 'agent')
      throw new HubError('unsupported', `${this.id} runs commands, not yet the agents of tasks`, {
        hint: 'Have the task run on another cluster; cluster_list shows them.',
      })
    const { command } = spec.program
    this.#watch()
    this.#starting.set(spec.id, undefined)
    try {
      await this.premises.ensure(spec.org)
      const tags = spec.tags.filter((tag) => !this.#at.tags.includes(tag))
      const pod = await createPod(this.#transport, { ...spec, tags }, { ...this.#at, command })
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
    const pod = await findPod(this.#transport, handle).catch(unlessAway)
    if (!pod) return undefined
    const live = this.#live.add(spec, handle)
    if (pod !== 'unknown') this.#live.set(pod)
    this.#watch()
    return acceptedPod(live, pod === 'unknown' ? '' : pod.spec.nodeName)
  }

  async stop(podId: string, graceMs: number, reason: string): Promise<void> {
    const live = this.#live.get(podId)
    if (!live) return
    live.reason ||= reason
    const waitMs = graceMs + stopMs
    // The cluster forgets what a pod wrote together with the pod, so it is listened to until then.
    if (live.isRunning) live.lastWords ??= this.#listen(live, waitMs)
    // Zero would forget the pod while it may still run.
    const graceSeconds = Math.max(1, Math.ceil(graceMs / 1000))
    if (!(await deletePod(this.#transport, live.handle, graceSeconds))) this.#live.gone(live)
    const { signal } = this.#closing
    const deadline = this.#clock.now() + waitMs
    while (this.#live.get(podId) === live && this.#clock.now() < deadline && !signal.aborted)
      await pause(this.#clock, 50, signal)
  }

  suspend(): Promise<void> {
    return Promise.reject(this.#cannotFreeze())
  }

  resume(): Promise<void> {
    return Promise.reject(this.#cannotFreeze())
  }

  async *exec(podId: string, command: string[], signal: AbortSignal): AsyncGenerator<ExecEvent> {
    const live = this.#live.get(podId)
    if (!live || live.isEnding) throw new HubError('conflict', `pod ${podId} does not run`)
    const query = { container: containerName, stdout: 'true', stderr: 'true', command }
    yield* execute(this.#transport, this.id, {
      path: `${podPath(live.handle)}/exec`,
      query,
      signal,
    })
  }

  async *logs(podId: string, options: LogOptions): AsyncGenerator<Uint8Array> {
    const { tailBytes, follow, signal } = options
    signal.throwIfAborted()
    const live = this.#live.get(podId)
    let isTold = false
    if (live && !live.isEnding) {
      const source = this.#logOf(live)
      if (!follow) return yield await readTail(source, tailBytes, signal)
      const isLive = () => this.#live.get(podId) === live
      for await (const bytes of followLog(source, {
        tailBytes,
        clock: this.#clock,
        signal,
        isLive,
      })) {
        isTold = true
        yield bytes
      }
    }
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

  #logOf = ({ handle }: LivePod) => ({ transport: this.#transport, path: `${podPath(handle)}/log` })

  #listen(live: LivePod, waitMs: number): Promise<Buffer> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(waitMs)])
    return readTail(this.#logOf(live), keptBytes, signal, true).catch(() => Buffer.alloc(0)) // It wrote nothing that could be had.
  }

  async #bury(live: LivePod): Promise<void> {
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

  #cannotFreeze = () =>
    new HubError('unsupported', `pods of ${this.id} cannot be frozen: Kubernetes has no way to`, {
      hint: 'Stop it by pod_delete and run it again.',
    })
}
