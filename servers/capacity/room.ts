import type { Capacity } from '../../schemas/cluster.ts'
import type { Resources } from '../../schemas/task.ts'
import type { Needs } from '../kit/needs.ts'
import { lacks, ownRunner } from '../kit/needs.ts'

/** How many pods of a shape a node can still take, and what keeps it from more. */
export type Room = { pods: number; limit: string }

export function roomOn(node: Capacity, shape: Resources, needs: Needs): Room {
  const closed = closedFor(node, needs)
  if (closed !== undefined) return { pods: 0, limit: closed }
  const { cpus, memoryMb, pods } = node
  const freeMemory = Math.min(memoryMb.total - memoryMb.promised, memoryMb.available)
  // Sums of fractions of a core are off by a little.
  const byCpu = Math.floor((cpus.total - cpus.promised) / shape.cpus + 1e-9)
  const limits = [
    { pods: byCpu, limit: 'CPUs are promised' },
    { pods: Math.floor(freeMemory / shape.memoryMb), limit: 'memory is promised or used' },
    { pods: pods.limit - pods.live, limit: 'its number of pods' },
    ...gpuLimit(node, needs),
  ]
  const least = limits.reduce((a, b) => (b.pods < a.pods ? b : a))
  return { ...least, pods: Math.max(0, least.pods) }
}

function closedFor(node: Capacity, needs: Needs): string | undefined {
  const { tags, isolation, taints = [] } = node
  const missing = lacks(needs, { tags, isolation, runners: [ownRunner] })
  if (missing.length > 0) return missing.join('; ')
  const taint = taints.find((one) => !needs.tags?.includes(one))
  if (taint !== undefined) return `only for pods that ask for the tag ${taint}`
  if (node.closed !== undefined) return node.closed
  return node.health === 'ready' ? undefined : `it reports ${node.health}`
}

/** A pod that asks for the tag gpu gets one of them, where they are counted at all. */
const gpuLimit = ({ gpus, gpusPromised }: Capacity, { tags }: Needs): Room[] =>
  gpusPromised !== undefined && tags?.includes('gpu')
    ? [{ pods: gpus.length - gpusPromised, limit: 'GPUs are promised' }]
    : []

/** A cluster as a whole. */
export type ClusterRoom = {
  id: string
  state: 'ready' | 'pressure' | 'unreachable'
  reason?: string
  nodes: number
  closed: number
  cpus: { used?: number; promised: number; total: number }
  memoryMb: { used?: number; promised: number; total: number }
  diskMb: { used?: number; total: number }
  gpus: { promised?: number; total: number }
  pods: { live: number; limit: number }
  room: number
  why: { reason: string; nodes: number }[]
}

const shownReasons = 5

export function clusterRoom(
  id: string,
  nodes: Capacity[],
  shape: Resources,
  needs: Needs,
): ClusterRoom {
  const rooms = nodes.map((node) => roomOn(node, shape, needs))
  const closed = nodes.filter((node) => node.closed !== undefined || node.health !== 'ready')
  const reasons = [...Map.groupBy(rooms, ({ limit }) => limit)].map(([reason, of]) => ({
    reason,
    nodes: of.length,
  }))
  const sum = (of: (node: Capacity) => number) => nodes.reduce((all, node) => all + of(node), 0)
  const total = (of: (node: Capacity) => number | undefined) =>
    nodes.some((node) => of(node) === undefined) ? undefined : round(sum((node) => of(node) ?? 0))
  const used = (of: (use: NonNullable<Capacity['used']>) => number | undefined) => {
    const value = total((node) => node.used && of(node.used))
    return value === undefined ? {} : { used: value }
  }
  const gpusPromised = total((node) => node.gpusPromised)
  return {
    id,
    state: nodes.length > closed.length ? 'ready' : 'pressure',
    ...(nodes.length === 0 ? { reason: 'it has no nodes' } : {}),
    nodes: nodes.length,
    closed: closed.length,
    cpus: {
      ...used(({ cpus }) => cpus),
      promised: round(sum(({ cpus }) => cpus.promised)),
      total: round(sum(({ cpus }) => cpus.total)),
    },
    memoryMb: {
      ...used(({ memoryMb }) => memoryMb),
      promised: sum(({ memoryMb }) => memoryMb.promised),
      total: sum(({ memoryMb }) => memoryMb.total),
    },
    diskMb: { ...used(({ diskMb }) => diskMb), total: sum(({ diskMb }) => diskMb.total) },
    gpus: {
      ...(gpusPromised === undefined ? {} : { promised: gpusPromised }),
      total: sum(({ gpus }) => gpus.length),
    },
    pods: { live: sum(({ pods }) => pods.live), limit: sum(({ pods }) => pods.limit) },
    room: rooms.reduce((all, { pods }) => all + pods, 0),
    why: reasons.sort((a, b) => b.nodes - a.nodes).slice(0, shownReasons),
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
