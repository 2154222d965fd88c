import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Capacity, ClusterHealth } from '../../../schemas/cluster.ts'
import type { Config } from '../../../schemas/config.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Resources } from '../../../schemas/task.ts'
import type {
  AcceptedPod,
  ClusterDriver,
  ExecEvent,
  LogOptions,
  PodPort,
  PodSpec,
} from '../../kit/cluster-driver.ts'
import { askToEnd, killAll, signalFamily, sleep, sweepPods, tidy } from './clean-up.ts'
import type { CgroupPlace } from './cgroups.ts'
import { machineCgroups } from './cgroups.ts'
import { Egress } from './egress/egress.ts'
import { isolationWithWarning } from './isolation/isolation.ts'
import type { Chosen, LocalIsolation } from './isolation/isolation.ts'
import type { Launch } from './launch.ts'
import { LocalLimits } from './local-limits.ts'
import { prepareLaunch } from './launch.ts'
import { Machine } from './machine.ts'
import { MemoryGuard } from './memory-guard.ts'
import { execute, readLog } from './output.ts'
import type { Cause, LivePod } from './pod-process.ts'
import { acceptedPod, livePod, outOfTime, parseHandle } from './pod-process.ts'
import { localPort } from './ports.ts'
import { snapshot } from './processes.ts'
import { onExit, onGone, startProgram } from './start.ts'

/**
 * Pods as child processes of this machine: own process group and folder, scrubbed environment,
 * wall-clock and memory limits, the best isolation that works. Pods outlive the hub on purpose:
 * after a crash the next hub adopts them, so an agent's work is not lost with the hub.
 */
export class LocalDriver implements ClusterDriver {
  readonly id: string
  readonly kind = 'local'
  readonly runsAgents = true
  readonly forgetsCordons = true
  readonly #config: () => Config
  readonly #dataDir: string
  readonly #codeRoot: string
  readonly #log: Logger
  readonly #pods: string
  readonly #machine: Machine
  readonly #live = new Map<string, LivePod>()
  readonly #guard: MemoryGuard
  readonly #egress: Egress
  readonly #tryout: Parameters<typeof isolationWithWarning>[1]
  readonly #limits: LocalLimits
  readonly #closing = new AbortController()
  #isolation: Promise<Chosen> | undefined

  /** Several on one machine need an `id` each; then each has tags of its own beside the machine's. */
  constructor(options: {
    id?: string
    tags?: string[]
    config: () => Config
    dataDir: string
    codeRoot: string
    log: Logger
    cgroups?: CgroupPlace
  }) {
    const { id = 'local', tags = [], config, dataDir, codeRoot, log } = options
    this.#limits = new LocalLimits(options.cgroups ?? machineCgroups, log)
    this.id = id
    this.#config = config
    this.#dataDir = realpathSync(dataDir)
    this.#codeRoot = realpathSync(codeRoot)
    this.#log = log
    this.#pods = join(this.#dataDir, 'pods', ...(id === 'local' ? [] : [`.${id}`]))
    const at = { dataDir: this.#dataDir, codeRoot: this.#codeRoot }
    const onRefused = (pod: string, host: string) => this.#live.get(pod)?.refuse(host)
    this.#egress = new Egress({ config, ...at, onRefused })
    this.#tryout = { ...at, log, cluster: id, signal: this.#closing.signal }
    this.#machine = new Machine(async () => ({
      cluster: id,
      isolation: (await this.isolation()).level,
      live: [...this.#live.values()].map(({ spec }) => spec.resources),
      maxPods: config().maxPods,
      dataDir: this.#dataDir,
      tags: [...config().file.tags, ...tags],
    }))
    this.#guard = new MemoryGuard(
      () => this.#live.values(),
      (pod, cause) => this.#end(pod, 0, cause),
      this.#trouble,
    )
  }

  limitsOf = (org: string): string[] => this.#egress.limitsOf(org, this.limits)

  get limits(): string[] {
    return this.#limits.names()
  }

  isolation(): Promise<Chosen> {
    this.#isolation ??= this.#limits
      .open()
      .then(() => isolationWithWarning(this.#config().isolation, this.#tryout))
    return this.#isolation
  }

  readonly health = (): Promise<ClusterHealth> => this.#machine.health()

  async nodes(): Promise<[Capacity]> {
    return [await this.#machine.capacity()]
  }

  async cordon(node: string, closed: string | undefined): Promise<void> {
    this.#machine.close(node, closed)
  }

  resize(podId: string, resources: Resources): Promise<void> {
    const live = this.#require(podId)
    live.spec = { ...live.spec, resources }
    return this.#limits.change(live.spec)
  }

  async start(spec: PodSpec): Promise<AcceptedPod> {
    const { level } = await this.isolation()
    await this.#egress.confine(this.#place(spec), level)
    const launch = await this.#limits.hold(spec, this.#prepare(spec, level))
    const { child, pid, started } = await startProgram(launch, this.#logFile(spec.id))
    const live = this.#watch(spec, { pid, started, isolation: level })
    onExit(child, (exitCode, reason) => this.#ended(live, exitCode, reason))
    return acceptedPod(live)
  }

  async adopt(spec: PodSpec, text: string): Promise<AcceptedPod | undefined> {
    const handle = parseHandle(text)
    const found = (await snapshot()).get(handle.pid)
    if (!found || found.started !== handle.started) return undefined
    await this.#egress.resume(this.#place(spec))
    const live = this.#watch(spec, handle)
    const isLive = () => this.#live.get(spec.id) === live
    onGone(handle.pid, isLive, (exitCode, reason) => this.#ended(live, exitCode, reason))
    return acceptedPod(live)
  }

  readonly stop = (podId: string, graceMs: number, reason: string): Promise<void> =>
    this.#end(podId, graceMs, { reason })

  async #end(podId: string, graceMs: number, cause: Cause): Promise<void> {
    const live = this.#live.get(podId)
    if (!live) return
    live.cause ??= cause
    const { pid, isolation } = live.handle
    if (graceMs > 0) {
      await askToEnd(pid, isolation)
      const deadline = performance.now() + graceMs
      while (this.#live.has(podId) && performance.now() < deadline) await sleep(20)
    }
    await killAll(podId, pid)
  }

  readonly suspend = (podId: string): Promise<void> =>
    signalFamily(this.#require(podId).handle.pid, 'SIGSTOP')

  readonly resume = (podId: string): Promise<void> =>
    signalFamily(this.#require(podId).handle.pid, 'SIGCONT')

  async *exec(podId: string, command: string[], signal: AbortSignal): AsyncGenerator<ExecEvent> {
    const { spec, handle } = this.#require(podId)
    // As the pod itself was started, whatever the machine offers by now.
    const launch = this.#prepare(spec, handle.isolation, command)
    yield* execute(await this.#limits.hold(spec, launch), signal)
  }

  async reach(podId: string, port: number): Promise<PodPort> {
    const { pid } = this.#require(podId).handle
    return localPort({ id: podId, pid }, port, this.#egress.wayInto(podId))
  }

  logs(podId: string, options: LogOptions): AsyncIterable<Uint8Array> {
    return readLog(this.#logFile(podId), options, () => this.#live.has(podId))
  }

  sweep(livePodIds: Set<string>): Promise<{ killed: number; removed: number }> {
    return sweepPods(this.#pods, livePodIds)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#isolation?.catch(() => undefined) // Whoever asked was told.
  }

  #place({ id, org }: PodSpec) {
    return { id, org, folder: this.#folder(id), logFile: this.#logFile(id) }
  }

  #folder(podId: string): string {
    return join(this.#pods, podId)
  }

  #logFile(podId: string): string {
    return join(this.#folder(podId), 'output.log')
  }

  #require(podId: string): LivePod {
    const live = this.#live.get(podId)
    if (live) return live
    throw new HubError('conflict', `pod ${podId} does not run`)
  }

  #prepare(spec: PodSpec, isolation: LocalIsolation, command?: string[]): Launch {
    return prepareLaunch(spec, command, {
      folder: this.#folder(spec.id),
      dataDir: this.#dataDir,
      codeRoot: this.#codeRoot,
      isolation,
      podEnv: this.#config().file.podEnv,
      confined: this.#egress.confinementOf(spec.id, this.#folder(spec.id)),
    })
  }

  #watch(spec: PodSpec, handle: LivePod['handle']): LivePod {
    const graceMs = spec.program.kind === 'agent' ? 0 : 2000 // Told to end, an agent hands its work back.
    const deadline = setTimeout(
      () => void this.#end(spec.id, graceMs, outOfTime).catch(this.#trouble(spec.id)),
      spec.timeoutMs,
    )
    const live = livePod(spec, handle, deadline)
    this.#live.set(spec.id, live)
    this.#guard.start()
    return live
  }

  #ended(live: LivePod, exitCode: number | null, reason: string): void {
    const { spec, handle } = live
    if (this.#live.get(spec.id) !== live) return
    this.#live.delete(spec.id)
    this.#egress.close(spec.id)
    clearTimeout(live.deadline)
    // What the pod left behind, in whatever group or session, goes with it.
    killAll(spec.id, handle.pid)
      .then(async () => (live.cause ??= await this.#limits.end(spec.id)))
      .then(() => tidy(this.#folder(spec.id)))
      .catch(this.#trouble(spec.id))
      .finally(() => live.exit({ exitCode, ...live.cause, reason: live.cause?.reason || reason }))
  }

  /** What runs by itself has nobody to throw to, and must not end the hub. */
  #trouble = (pod: string) => (error: unknown) =>
    this.#log.warn({ error, pod }, 'a pod could not be looked after')
}
