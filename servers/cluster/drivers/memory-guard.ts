import type { Cause, LivePod } from './pod-process.ts'
import type { Process } from './processes.ts'
import { familyOf, proportionalBytes, snapshot } from './processes.ts'

const sampleMs = 1000
const mib = 1024 * 1024

/** Ends pods that use more memory than they asked for, by looking once a second. */
export class MemoryGuard {
  readonly #live: () => Iterable<LivePod>
  readonly #stop: (pod: string, cause: Cause) => Promise<void>
  readonly #trouble: (pod: string) => (error: unknown) => void
  #isLooking = false

  constructor(
    live: () => Iterable<LivePod>,
    stop: (pod: string, cause: Cause) => Promise<void>,
    trouble: (pod: string) => (error: unknown) => void,
  ) {
    this.#live = live
    this.#stop = stop
    this.#trouble = trouble
  }

  /** Looks for as long as the process lives; nothing is read while there are no pods. */
  start(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    setInterval(() => void this.#sample().catch(this.#trouble('all')), sampleMs).unref()
  }

  async #sample(): Promise<void> {
    const live = [...this.#live()]
    if (live.length === 0) return
    const all = await snapshot()
    for (const { spec, handle } of live) {
      const family = familyOf(handle.pid, all)
      const { memoryMb } = spec.resources
      // What is resident counts shared memory again for each process, and costs little to read.
      if (sum(family, ({ rssBytes }) => rssBytes) <= memoryMb * mib) continue
      const used = sum(family, proportionalBytes)
      if (used > memoryMb * mib)
        await this.#stop(spec.id, {
          reason: `memory limit: ${Math.round(used / mib)} of ${memoryMb} MiB`,
          limit: 'memory',
        })
    }
  }
}

const sum = (family: Process[], bytes: (process: Process) => number): number =>
  family.reduce((total, process) => total + bytes(process), 0)
