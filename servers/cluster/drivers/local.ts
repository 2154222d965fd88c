import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Capacity } from '../../../schemas/cluster.ts'
import type { Config } from '../../../schemas/config.ts'
import type { Logger } from 'pino'
import { HubError } from '../../../schemas/errors.ts'
import type { Isolation } from '../../../schemas/task.ts'
import type { RunResult } from '../../kit/run.ts'
import { run } from '../../kit/run.ts'
import type { ClusterDriver, PodExit, PodSpec, StartedPod } from '../../kit/cluster-driver.ts'
import { bwrapCommand, bwrapWorks } from './bwrap.ts'
import { readCapacity } from './capacity.ts'
import { askToEnd, killAll, marker, sleep, tidy } from './clean-up.ts'
import { podEnvironment } from './pod-env.ts'
import { carrying, familyOf, signalProcess, snapshot } from './processes.ts'

type Live = {
  spec: PodSpec
  pid: number
  started: string
  reason: string
  exit(exit: PodExit): void
  deadline: NodeJS.Timeout
}

const sampleMs = 1000

/**
 * Pods as child processes of this machine: own process group and folder, scrubbed environment,
 * wall-clock and memory limits, bubblewrap where it works. Pods outlive the hub on purpose: after a
 * crash the next hub adopts them, so an agent's work is not lost with the hub.
 */
export class LocalDriver implements ClusterDriver {
  readonly id = 'local'
  readonly node = hostname()
  readonly limits = ['time', 'memory (sampled)']
  isolation: Isolation = 'none'
  readonly #config: () => Config
  readonly #dataDir: string
  readonly #codeRoot: string
  readonly #log: Logger
  readonly #live = new Map<string, Live>()
  #ready: Promise<void> | undefined
  #sampling = false

  constructor(options: { config: () => Config; dataDir: string; codeRoot: string; log: Logger }) {
    this.#config = options.config
    this.#dataDir = options.dataDir
    this.#codeRoot = options.codeRoot
    this.#log = options.log
  }

  /** Finds out once which isolation this machine really offers. */
  ready(): Promise<void> {
    this.#ready ??= this.#probe()
    return this.#ready
  }

  folder(podId: string): string {
    return join(this.#dataDir, 'pods', podId)
  }

  async start(spec: PodSpec, onExit: (exit: PodExit) => void): Promise<StartedPod> {
    await this.ready()
    const { folder, env, program, args } = this.#prepare(spec, spec.command)
    const output = openSync(join(folder, 'output.log'), 'a', 0o600)
    const child = spawn(program, args, {
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (cause) =>
        reject(new HubError('unavailable', `cannot start ${program}: ${cause.message}`, { cause })),
      )
    })
    const pid = child.pid ?? 0 // Set once `spawn` was emitted.
    const started = (await snapshot()).get(pid)?.started ?? ''
    const live = this.#watch(spec, pid, started, onExit)
    child.once('exit', (exitCode, signal) =>
      this.#ended(live, exitCode, signal ? `killed by ${signal}` : ''),
    )
    if (child.exitCode !== null || child.signalCode !== null)
      this.#ended(live, child.exitCode, child.signalCode ?? '')
    return { pid, pidStarted: started }
  }

  async exec(podId: string, command: string[], timeoutMs: number): Promise<RunResult> {
    const live = this.#live.get(podId)
    if (!live) throw new HubError('conflict', `pod ${podId} does not run`)
    const { folder, env, program, args } = this.#prepare(live.spec, command)
    return run(program, args, { cwd: folder, env, timeoutMs, maxBytes: 256 * 1024 })
  }

  async adopt(
    spec: PodSpec,
    { pid, pidStarted }: StartedPod,
    onExit: (exit: PodExit) => void,
  ): Promise<boolean> {
    await this.ready()
    const found = (await snapshot()).get(pid)
    if (!found || found.started !== pidStarted) return false
    const live = this.#watch(spec, pid, pidStarted, onExit)
    const poll = setInterval(() => {
      if (this.#live.get(spec.id) !== live) return clearInterval(poll)
      if (signalProcess(pid, 0)) return
      clearInterval(poll)
      this.#ended(live, null, 'ended while the hub that started it was gone')
    }, 250)
    return true
  }

  async stop(podId: string, graceMs: number, reason: string): Promise<void> {
    const live = this.#live.get(podId)
    if (!live) return
    live.reason ||= reason
    if (graceMs > 0) {
      await askToEnd(live.pid)
      const deadline = performance.now() + graceMs
      while (this.#live.has(podId) && performance.now() < deadline) await sleep(20)
    }
    await killAll(podId, live.pid)
  }

  async sweep(livePodIds: Set<string>): Promise<{ killed: number; removed: number }> {
    const ours = carrying(marker).filter(
      ({ pid, value }) => !livePodIds.has(value) && this.#isOurs(value) && pid !== process.pid,
    )
    for (const { pid } of ours) signalProcess(pid, 'SIGKILL')
    mkdirSync(join(this.#dataDir, 'pods'), { recursive: true })
    const ended = readdirSync(join(this.#dataDir, 'pods')).filter((name) => !livePodIds.has(name))
    const removed = await Promise.all(ended.map((name) => tidy(this.folder(name))))
    return { killed: ours.length, removed: removed.filter(Boolean).length }
  }

  async capacity(): Promise<Capacity> {
    await this.ready()
    const { node, id: cluster, isolation } = this
    const { maxPods, file } = this.#config()
    const shapes = [...this.#live.values()].map((live) => live.spec.resources)
    const promised = {
      cpus: shapes.reduce((sum, shape) => sum + shape.cpus, 0),
      memoryMb: shapes.reduce((sum, shape) => sum + shape.memoryMb, 0),
    }
    const pods = { live: shapes.length, limit: maxPods }
    return readCapacity({
      node,
      cluster,
      isolation,
      promised,
      pods,
      dataDir: this.#dataDir,
      tags: file.tags,
    })
  }

  async #probe(): Promise<void> {
    const wanted = this.#config().isolation
    if (wanted === 'none') return
    const works = await bwrapWorks()
    if (works) this.isolation = 'bwrap'
    else if (wanted === 'bwrap') {
      throw new HubError(
        'unsupported',
        'isolation is set to bwrap, but bubblewrap does not work here',
        {
          hint: 'Install bubblewrap and allow user namespaces, or set isolation to auto.',
        },
      )
    }
  }

  /** Folders, environment and command line of a program in a pod. */
  #prepare(spec: PodSpec, command: string[]) {
    const folder = this.folder(spec.id)
    const cacheDir = join(this.#dataDir, 'cache', spec.org)
    const writable = [...spec.writable, cacheDir]
    for (const path of [join(folder, 'tmp'), ...writable]) mkdirSync(path, { recursive: true })
    const codeRoot = this.#codeRoot
    const extra = this.#config().file.podEnv
    const base = podEnvironment({ own: process.env, folder, cacheDir, codeRoot, extra })
    const env: Record<string, string> = { ...base, ...spec.env, [marker]: spec.id }
    const dataDir = this.#dataDir
    const path = env.PATH ?? ''
    const [program = '', ...args] =
      this.isolation === 'none'
        ? command
        : bwrapCommand({ command, folder, writable, dataDir, codeRoot, path })
    return { folder, env, program, args }
  }

  #watch(spec: PodSpec, pid: number, started: string, exit: (exit: PodExit) => void): Live {
    const deadline = setTimeout(
      () => void this.stop(spec.id, 2000, 'time limit').catch(this.#trouble(spec.id)),
      spec.timeoutMs,
    )
    const live: Live = { spec, pid, started, reason: '', exit, deadline }
    this.#live.set(spec.id, live)
    this.#startSampling()
    return live
  }

  #ended(live: Live, exitCode: number | null, reason: string): void {
    if (this.#live.get(live.spec.id) !== live) return
    this.#live.delete(live.spec.id)
    clearTimeout(live.deadline)
    // What the pod left behind, in whatever group or session, goes with it.
    killAll(live.spec.id, live.pid)
      .then(() => tidy(this.folder(live.spec.id)))
      .catch(this.#trouble(live.spec.id))
      .finally(() => live.exit({ exitCode, reason: live.reason || reason }))
  }

  #startSampling(): void {
    if (this.#sampling) return
    this.#sampling = true
    setInterval(() => void this.#sample().catch(this.#trouble('all')), sampleMs).unref()
  }

  /** What runs by itself has nobody to throw to, and must not end the hub. */
  #trouble(pod: string): (error: unknown) => void {
    return (error) => this.#log.warn({ error, pod }, 'a pod could not be looked after')
  }

  async #sample(): Promise<void> {
    if (this.#live.size === 0) return
    const all = await snapshot()
    for (const { spec, pid } of this.#live.values()) {
      const used = familyOf(pid, all).reduce((sum, process) => sum + process.rssBytes, 0)
      const limit = spec.resources.memoryMb * 1024 * 1024
      if (used > limit)
        await this.stop(
          spec.id,
          0,
          `memory limit: ${Math.round(used / 1048576)} of ${spec.resources.memoryMb} MiB`,
        )
    }
  }

  /** Folders tell our pods from those of another hub on the same machine. */
  #isOurs(podId: string): boolean {
    return readdirSync(join(this.#dataDir, 'pods')).includes(podId)
  }
}
