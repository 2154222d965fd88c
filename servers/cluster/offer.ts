import type { Capacity } from '../../schemas/cluster.ts'
import type { Resources } from '../../schemas/task.ts'
import type { Needs } from '../kit/needs.ts'
import type { Held } from './held-room.ts'
import type { Load } from './promised.ts'
import type { Over } from './quota-rules.ts'
import type { Warm } from './warm.ts'

type Shape = Pick<Resources, 'cpus' | 'memoryMb'> & Partial<Pick<Resources, 'gpus'>>

export type PlacementRequest = {
  resources: Shape
  needs: Needs
  /** Runners that pods have. */
  runners: string[]
  /** Pods the org may run and runs now. */
  quota: { used: number; limit: number }
  /** What else of its quota is in the way. */
  over?: Over | undefined
  /** Where it would find something of what it needs. */
  warm?: Warm | undefined
}

/** A node with what is left there beside what pods on record were promised, also those not yet seen. */
export type Offer = {
  node: Capacity
  asked: PlacementRequest
  freeCpus: number
  freeMemoryMb: number
  gpus: { wanted: number; free: number }
  pods: number
  /** What of it is kept for another task, and counts as taken. */
  held: Held | undefined
}

export const none: Load = { pods: 0, cpus: 0, memoryMb: 0, gpus: 0 }

export function offerOf(
  node: Capacity,
  asked: PlacementRequest,
  load: Load,
  held: Held | undefined,
): Offer {
  const kept = held?.load ?? none
  // A cluster that others use as well has promised more than the hub has on record.
  const promisedMb = Math.max(node.memoryMb.promised, load.memoryMb)
  return {
    node,
    asked,
    freeCpus: node.cpus.total - Math.max(node.cpus.promised, load.cpus) - kept.cpus,
    freeMemoryMb:
      Math.min(node.memoryMb.total - promisedMb, node.memoryMb.available) - kept.memoryMb,
    gpus: {
      wanted: wantedGpus(asked.resources, asked.needs, node),
      free: Math.max(0, node.gpus.length - Math.max(node.gpusPromised ?? 0, load.gpus) - kept.gpus),
    },
    pods: Math.max(node.pods.live, load.pods) + kept.pods,
    held,
  }
}

/** GPUs of its own that a pod needs: what it says, or one where it asks for the tag of nodes that count them. */
export const wantedGpus = (
  resources: Shape,
  { tags }: Needs,
  { gpus }: Pick<Capacity, 'gpus'>,
): number => resources.gpus ?? (tags?.includes('gpu') && gpus.length > 0 ? 1 : 0)
