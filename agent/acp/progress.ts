import type { Lease } from '../lease.ts'
import type { PlannedStep } from './updates.ts'

const pauseMs = 1000

/** Passes an agent's plan on to the hub, the newest one, and not oftener than people can read. */
export class Progress {
  readonly #lease: Lease
  #newest: PlannedStep[] | undefined
  #sending: Promise<void> | undefined
  #hurry: () => void = () => undefined

  constructor(lease: Lease) {
    this.#lease = lease
  }

  report(steps: PlannedStep[]): void {
    this.#newest = steps
    this.#sending ??= this.#send()
    this.#sending.catch(() => undefined) // Thrown by `settle`, at the end of the turn.
  }

  /** Resolves when the newest plan is at the hub. */
  async settle(): Promise<void> {
    this.#hurry()
    await this.#sending
  }

  async #send(): Promise<void> {
    try {
      while (this.#newest) {
        const steps = this.#newest
        this.#newest = undefined
        await this.#lease.call('task_progress', { steps })
        await new Promise<void>((resolve) => {
          this.#hurry = resolve
          setTimeout(resolve, pauseMs).unref()
        })
      }
    } finally {
      this.#sending = undefined
    }
  }
}
