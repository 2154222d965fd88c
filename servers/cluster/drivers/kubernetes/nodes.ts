import type { Capacity } from '../../../../schemas/cluster.ts'
import type { NodeUse } from './metrics.ts'
import type { NodeObject, PodObject } from './objects.ts'
import { quantityOf } from './objects.ts'
import { gpuOf, tagsOf, taintTag } from './tags.ts'

const mib = 2 ** 20

type Sum = { pods: number; cpus: number; memoryMb: number; gpus: number }
type At = { cluster: string; tags: string[]; now: number; used?: NodeUse | undefined }
const none = (): Sum => ({ pods: 0, cpus: 0, memoryMb: 0, gpus: 0 })

/** The machines of a cluster as placement knows them, with what all pods there have been promised. */
export function capacitiesOf(nodes: NodeObject[], pods: PodObject[], at: At): Capacity[] {
  const used = new Map<string, Sum>()
  for (const pod of pods) {
    if (!isPromised(pod)) continue
    const { spec } = pod
    const sum = used.get(spec.nodeName) ?? none()
    count(sum, spec)
    used.set(spec.nodeName, sum)
  }
  return nodes.map((node) => capacityOf(node, used.get(node.metadata.name), at))
}

/** Whether a machine has promised something to a pod. */
export const isPromised = ({ spec, status }: PodObject): boolean =>
  spec.nodeName !== '' && status.phase !== 'Succeeded' && status.phase !== 'Failed'

/** A machine as it is without a pod that was there when it was read. */
export function withoutPod(capacity: Capacity, { spec }: PodObject): Capacity {
  const gone = none()
  count(gone, spec)
  const { cpus, memoryMb, pods, gpusPromised = 0, used } = capacity
  const less = (value: number, by: number) => Math.max(0, Math.round((value - by) * 1000) / 1000)
  const promised = less(memoryMb.promised, gone.memoryMb)
  return {
    ...capacity,
    cpus: {
      ...cpus,
      promised: less(cpus.promised, gone.cpus),
      load: used ? cpus.load : less(cpus.load, gone.cpus),
    },
    memoryMb: { ...memoryMb, promised, available: Math.max(0, memoryMb.total - promised) },
    gpusPromised: less(gpusPromised, gone.gpus),
    pods: { ...pods, live: less(pods.live, gone.pods) },
  }
}

function count(sum: Sum, { containers }: PodObject['spec']): void {
  sum.pods++
  for (const { resources } of containers) {
    sum.cpus += quantityOf(resources.requests.cpu ?? '0')
    sum.memoryMb += quantityOf(resources.requests.memory ?? '0') / mib
    sum.gpus += gpuOf(resources.requests)
  }
}

function capacityOf(
  { metadata, spec, status }: NodeObject,
  used = none(),
  { cluster, tags, now, used: metrics }: At,
): Capacity {
  const { allocatable } = status
  const reported = metrics?.get(metadata.name)
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
      load: Math.round((reported?.cpus ?? used.cpus) * 100) / 100,
      firm: true,
    },
    memoryMb: { total: memoryMb, available: Math.max(0, memoryMb - promised), promised },
    diskMb: { total: diskMb, available: diskMb },
    gpus: Array.from({ length: gpuOf(allocatable) }, () => ({ name: 'GPU', memoryMb: 0 })),
    gpusPromised: used.gpus,
    ...(reported ? { used: reported } : {}),
    pods: { live: used.pods, limit: amount('pods') },
    isolation: 'container',
    at: now,
  }
}
