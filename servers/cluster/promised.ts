import type { Resources } from '../../schemas/task.ts'

/** What pods on one node were promised together. */
export type Load = { pods: number; cpus: number; memoryMb: number; gpus: number }

/** What one pod takes. */
export const loadOf = ({ cpus, memoryMb, gpus = 0 }: Resources): Load => ({
  pods: 1,
  cpus,
  memoryMb,
  gpus,
})

const nothing: Load = { pods: 0, cpus: 0, memoryMb: 0, gpus: 0 }

/**
 * What live pods were promised, by node. It is added to and taken from as pods come and go, so that a
 * decision costs what it looks at and not what was decided before.
 */
export class Promised {
  readonly #nodes = new Map<string, Map<string, Load>>()

  on(cluster: string, node: string): Load {
    return this.#nodes.get(cluster)?.get(node) ?? nothing
  }

  add(cluster: string, node: string, { pods, cpus, memoryMb, gpus }: Load): void {
    let nodes = this.#nodes.get(cluster)
    if (!nodes) this.#nodes.set(cluster, (nodes = new Map<string, Load>()))
    const load = nodes.get(node)
    if (!load) return void nodes.set(node, { pods, cpus, memoryMb, gpus })
    load.pods += pods
    load.cpus = exact(load.cpus + cpus)
    load.memoryMb += memoryMb
    load.gpus += gpus
  }

  /** A pod of that shape that starts; `-1` for one that ended. */
  count(cluster: string, node: string, resources: Resources, by: 1 | -1 = 1): void {
    const { pods, cpus, memoryMb, gpus } = loadOf(resources)
    this.add(cluster, node, {
      pods: by * pods,
      cpus: by * cpus,
      memoryMb: by * memoryMb,
      gpus: by * gpus,
    })
  }
}

/** Sums of fractions of a core are off by as little as no core is ever cut. */
const exact = (cpus: number): number => Math.round(cpus * 1000) / 1000
