import type { LivePod } from './pod-process.ts'
import { familyOf, snapshot } from './processes.ts'

const sampleMs = 1000
const mib = 1024 * 1024

/** Ends pods that use more memory than they asked for, by looking once a second. */
export class MemoryGuard {
  readonly #live: () => Iterable<LivePod>
  readonly #stop: (pod: string, reason: string) => Promise<void>
  readonly #trouble: (pod: string) => (error: unknown) => void
  #isLooking = false

  constructor(
    live: () => Iterable<LivePod>,
    stop: (pod: string, reason: string) => Promise<void>,
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
      const used = familyOf(handle.pid, all).reduce((sum, process) => sum + process.rssBytes, 0)
      const { memoryMb } = spec.resources
      if (used > memoryMb * mib)
        await this.#stop(spec.id, `memory limit: ${Math.round(used / mib)} of ${memoryMb} MiB`)
    }
  }
}
