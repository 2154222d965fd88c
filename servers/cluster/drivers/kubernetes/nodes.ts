import type { Capacity } from '../../../../schemas/cluster.ts'
import type { NodeObject, PodObject } from './objects.ts'
import { quantityOf } from './objects.ts'
import { gpuOf, tagsOf, taintTag } from './tags.ts'

const mib = 2 ** 20

/** The machines of a cluster as placement knows them, with what all pods there have been promised. */
export function capacitiesOf(
  nodes: NodeObject[],
  pods: PodObject[],
  at: { cluster: string; tags: string[]; now: number },
): Capacity[] {
  const used = new Map<string, { pods: number; cpus: number; memoryMb: number }>()
  for (const { spec, status } of pods) {
    if (spec.nodeName === '' || status.phase === 'Succeeded' || status.phase === 'Failed') continue
    const sum = used.get(spec.nodeName) ?? { pods: 0, cpus: 0, memoryMb: 0 }
    sum.pods++
    for (const { resources } of spec.containers) {
      sum.cpus += quantityOf(resources.requests.cpu ?? '0')
      sum.memoryMb += quantityOf(resources.requests.memory ?? '0') / mib
    }
    used.set(spec.nodeName, sum)
  }
  return nodes.map((node) => capacityOf(node, used.get(node.metadata.name), at))
}

function capacityOf(
  { metadata, spec, status }: NodeObject,
  used = { pods: 0, cpus: 0, memoryMb: 0 },
  { cluster, tags, now }: { cluster: string; tags: string[]; now: number },
): Capacity {
  const { allocatable } = status
  const amount = (name: string) => quantityOf(allocatable[name] ?? '0') || 0
  const memoryMb = Math.floor(amount('memory') / mib)
  const diskMb = Math.floor(amount('ephemeral-storage') / mib)
  const promised = Math.ceil(used.memoryMb)
  const closing = spec.taints.filter(({ effect }) => effect !== 'PreferNoSchedule')
  const isReady = status.conditions.some(
    ({ type, status: is }) => type === 'Ready' && is === 'True',
  )
  const pressed = status.conditions.find(
    ({ type, status: is }) => /Pressure$|^NetworkUnavailable$/.test(type) && is === 'True',
  )
  const closed = spec.unschedulable ? 'it is cordoned' : isReady ? pressed?.type : 'it is not ready'
  return {
    node: metadata.name,
    cluster,
    tags: [...new Set([...tagsOf({ labels: metadata.labels, allocatable }), ...tags])],
    health: isReady && pressed === undefined ? 'ready' : 'pressure',
    ...(closed === undefined ? {} : { closed }),
    // Those that say the same as the fields above are set by the cluster itself.
    taints: closing
      .map(({ key }) => key)
      .filter((key) => !key.startsWith('node.kubernetes.io/'))
      .map(taintTag),
    cpus: {
      total: amount('cpu'),
      promised: Math.round(used.cpus * 1000) / 1000,
      // Without a metrics server what is promised is the best word for what is used.
      load: Math.round(used.cpus * 100) / 100,
      firm: true,
    },
    memoryMb: { total: memoryMb, available: Math.max(0, memoryMb - promised), promised },
    diskMb: { total: diskMb, available: diskMb },
    gpus: Array.from({ length: gpuOf(allocatable) }, () => ({ name: 'GPU', memoryMb: 0 })),
    pods: { live: used.pods, limit: amount('pods') },
    isolation: 'container',
    at: now,
  }
}
