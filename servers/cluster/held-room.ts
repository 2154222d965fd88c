import type { Capacity } from '../../schemas/cluster.ts'
import type { Load } from './promised.ts'
import { loadOf } from './promised.ts'
import type { Reservation } from './store/reservations.ts'
import { nodeKey } from './warm.ts'

/** Room on a node that is kept for a task. */
export type Held = { task: string; load: Load }

/** What is kept on nodes for tasks that others must not take the room of. */
export class HeldRoom {
  readonly #nodes: Map<string, Held> | undefined

  constructor(held: readonly Reservation[]) {
    this.#nodes =
      held.length === 0
        ? undefined
        : new Map(
            held.map(({ task, resources, ...at }) => [
              nodeKey(at),
              { task, load: loadOf(resources) },
            ]),
          )
  }

  on(node: Pick<Capacity, 'cluster' | 'node'>): Held | undefined {
    return this.#nodes?.get(nodeKey(node))
  }
}
