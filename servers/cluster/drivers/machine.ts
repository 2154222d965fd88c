import { hostname } from 'node:os'
import type { Capacity, ClusterHealth } from '../../../schemas/cluster.ts'
import { pressureOf, readCapacity } from './capacity.ts'

type Facts = Omit<Parameters<typeof readCapacity>[0], 'node'>

/** This machine as the one node of a cluster. */
export class Machine {
  readonly #facts: () => Promise<Facts>
  /** Why it takes no new pods. */
  #closed: string | undefined

  constructor(facts: () => Promise<Facts>) {
    this.#facts = facts
  }

  async capacity(): Promise<Capacity> {
    const capacity = await readCapacity({ ...(await this.#facts()), node: hostname() })
    return this.#closed === undefined ? capacity : { ...capacity, closed: this.#closed }
  }

  async health(): Promise<ClusterHealth> {
    try {
      const capacity = await this.capacity()
      const reason = pressureOf(capacity) ?? capacity.closed
      return reason === undefined ? { state: 'ready' } : { state: 'pressure', reason }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { state: 'unreachable', reason }
    }
  }

  /** A machine whose name has changed since is another one, and open. */
  close(node: string, closed: string | undefined): void {
    if (node === hostname()) this.#closed = closed
  }
}
