import { spawn } from 'node:child_process'
import { closeSync, openSync, realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Capacity, ClusterHealth } from '../../../schemas/cluster.ts'
import type { Config } from '../../../schemas/config.ts'
import { HubError } from '../../../schemas/errors.ts'
import type {
  AcceptedPod,
  ClusterDriver,
  ExecEvent,
  LogOptions,
  PodSpec,
} from '../../kit/cluster-driver.ts'
import { pressureOf, readCapacity } from './capacity.ts'
import { askToEnd, killAll, signalFamily, sleep, sweepPods, tidy } from './clean-up.ts'
import { chooseIsolation } from './isolation/isolation.ts'
import type { Chosen, LocalIsolation } from './isolation/isolation.ts'
import type { Launch } from './launch.ts'
import { prepareLaunch } from './launch.ts'
import { MemoryGuard } from './memory-guard.ts'
import { execute, readLog, spawned } from './output.ts'
import type { LivePod } from './pod-process.ts'
import { acceptedPod, livePod, parseHandle } from './pod-process.ts'
import { signalProcess, snapshot } from './processes.ts'

const adoptedPollMs = 250

/**
 * Pods as child processes of this machine: own process group and folder, scrubbed environment,
 * wall-clock and memory limits, the best isolation that works. Pods outlive the hub on purpose:
 * after a crash the next hub adopts them, so an agent's work is not lost with the hub.
 */
export class LocalDriver implements ClusterDriver {
  readonly id: string
  readonly kind = 'local'
  readonly runsAgents = true
  readonly limits = ['time', 'memory (sampled)']
  readonly #config: () => Config
  readonly #dataDir: string
  readonly #codeRoot: string
  readonly #log: Logger
  readonly #pods: string
  readonly #tags: string[]
  readonly #live = new Map<string, LivePod>()
  readonly #guard: MemoryGuard
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
  }) {
    const { id = 'local', tags = [], config, dataDir, codeRoot, log } = options
    this.id = id
    this.#tags = tags
    this.#config = config
    this.#dataDir = realpathSync(dataDir)
    this.#codeRoot = realpathSync(codeRoot)
    this.#log = log
    this.#pods = join(this.#dataDir, 'pods', ...(id === 'local' ? [] : [`.${id}`]))
    this.#guard = new MemoryGuard(
      () => this.#live.values(),
      (pod, reason) => this.stop(pod, 0, reason),
      this.#trouble,
    )
  }

  isolation(): Promise<Chosen> {
    this.#isolation ??= this.#chooseIsolation()
    return this.#isolation
  }

  async health(): Promise<ClusterHealth> {
    try {
      const [node] = await this.nodes()
      const reason = node && pressureOf(node)
      return reason === undefined ? { state: 'ready' } : { state: 'pressure', reason }
    } catch (error) {
      return {
        state: 'unreachable',
        reason: error instanceof Error ? error.message : String(error),
      }
    }
  }

  async nodes(): Promise<[Capacity]> {
    const { level } = await this.isolation()
    const { maxPods, file } = this.#config()
    const capacity = await readCapacity({
      node: hostname(),
      cluster: this.id,
      isolation: level,
      live: [...this.#live.values()].map(({ spec }) => spec.resources),
      maxPods,
      dataDir: this.#dataDir,
      tags: [...file.tags, ...this.#tags],
    })
    return [capacity]
  }

  async start(spec: PodSpec): Promise<AcceptedPod> {
    const { level } = await this.isolation()
    const { home, env, program, args } = this.#prepare(spec, level)
    const output = openSync(this.#logFile(spec.id), 'a', 0o600)
    const child = spawn(program, args, {
      cwd: home,
      env,
      detached: true,
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    await spawned(child, program)
    const pid = child.pid ?? 0 // Set once `spawn` was emitted.
    const started = (await snapshot()).get(pid)?.started ?? ''
    const live = this.#watch(spec, { pid, started, isolation: level })
    child.once('exit', (exitCode, signal) =>
      this.#ended(live, exitCode, signal ? `killed by ${signal}` : ''),
    )
    if (child.exitCode !== null || child.signalCode !== null)
      this.#ended(live, child.exitCode, child.signalCode ?? '')
    return acceptedPod(live)
  }

  async adopt(spec: PodSpec, text: string): Promise<AcceptedPod | undefined> {
    const handle = parseHandle(text)
    const found = (await snapshot()).get(handle.pid)
    if (!found || found.started !== handle.started) return undefined
    const live = this.#watch(spec, handle)
    const poll = setInterval(() => {
      if (this.#live.get(spec.id) !== live) return clearInterval(poll)
      if (signalProcess(handle.pid, 0)) return
      clearInterval(poll)
      this.#ended(live, null, 'ended while the hub that started it was gone')
    }, adoptedPollMs)
    return acceptedPod(live)
  }

  async stop(podId: string, graceMs: number, reason: string): Promise<void> {
    const live = this.#live.get(podId)
    if (!live) return
    live.reason ||= reason
    const { pid, isolation } = live.handle
    if (graceMs > 0) {
      await askToEnd(pid, isolation)
      const deadline = performance.now() + graceMs
      while (this.#live.has(podId) && performance.now() < deadline) await sleep(20)
    }
    await killAll(podId, pid)
  }

  suspend(podId: string): Promise<void> {
    return signalFamily(this.#require(podId).handle.pid, 'SIGSTOP')
  }

  resume(podId: string): Promise<void> {
    return signalFamily(this.#require(podId).handle.pid, 'SIGCONT')
  }

  async *exec(podId: string, command: string[], signal: AbortSignal): AsyncGenerator<ExecEvent> {
    const { spec, handle } = this.#require(podId)
    // As the pod itself was started, whatever the machine offers by now.
    yield* execute(this.#prepare(spec, handle.isolation, command), signal)
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

  async #chooseIsolation(): Promise<Chosen> {
    const chosen = await chooseIsolation(this.#config().isolation, {
      dataDir: this.#dataDir,
      codeRoot: this.#codeRoot,
      signal: this.#closing.signal,
    })
    if (chosen.level === 'none')
      this.#log.warn(
        { cluster: this.id, reason: chosen.reason },
        "pods are not isolated: what runs there could read the owner's token",
      )
    return chosen
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
    })
  }

  #watch(spec: PodSpec, handle: LivePod['handle']): LivePod {
    const deadline = setTimeout(
      () => void this.stop(spec.id, 2000, 'time limit').catch(this.#trouble(spec.id)),
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
    clearTimeout(live.deadline)
    // What the pod left behind, in whatever group or session, goes with it.
    killAll(spec.id, handle.pid)
      .then(() => tidy(this.#folder(spec.id)))
      .catch(this.#trouble(spec.id))
      .finally(() => live.exit({ exitCode, reason: live.reason || reason }))
  }

  /** What runs by itself has nobody to throw to, and must not end the hub. */
  #trouble = (pod: string) => (error: unknown) =>
    this.#log.warn({ error, pod }, 'a pod could not be looked after')
}
