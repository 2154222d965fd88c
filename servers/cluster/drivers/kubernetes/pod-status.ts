import type { PodLimit } from '../../../../schemas/cluster.ts'
import type { PodExit } from '../../../kit/cluster-driver.ts'
import type { PodObject } from './objects.ts'

/** What a pod of the cluster means for the hub. */
export type PodStatus =
  /** `isGated` where something there, such as a queue, keeps it from the scheduler. */
  | { state: 'starting'; reason: string; isGated?: true }
  | { state: 'running'; node: string }
  | ({ state: 'ended' } & PodExit)

/** Reads a pod's state out of its phase, conditions and the one container that it has. */
export function statusOf(pod: PodObject): PodStatus {
  const { phase, containerStatuses } = pod.status
  const { waiting, running, terminated } = containerStatuses[0]?.state ?? {}
  if (phase === 'Succeeded' || phase === 'Failed') return endOf(pod)
  if (running) return { state: 'running', node: pod.spec.nodeName }
  if (terminated && pod.metadata.deletionTimestamp) return endOf(pod)
  const scheduled = pod.status.conditions.find(({ type }) => type === 'PodScheduled')
  const isGated = scheduled?.status === 'False' && scheduled.reason === 'SchedulingGated'
  if (isGated) return { state: 'starting', reason: 'it is gated in the cluster', isGated }
  return { state: 'starting', reason: waitReason(scheduled, waiting) }
}

function endOf(pod: PodObject): PodStatus {
  const terminated = pod.status.containerStatuses[0]?.state.terminated
  const exitCode = terminated?.exitCode ?? null
  const moved = evictionOf(pod)
  if (moved !== undefined) return { state: 'ended', exitCode, reason: moved, isEvicted: true }
  const limit = limitOf(pod.status, terminated)
  // In the words that local pods have for the same.
  if (limit) return { state: 'ended', exitCode, reason: `${limit} limit`, limit }
  return { state: 'ended', exitCode, reason: endReason(pod.status, terminated) }
}

type Terminated = NonNullable<PodObject['status']['containerStatuses'][0]['state']['terminated']>

/** Which of its limits ended a pod, by the codes that the kubelet has for them. */
function limitOf(
  { reason }: PodObject['status'],
  terminated: Terminated | null | undefined,
): PodLimit | undefined {
  if (reason === 'DeadlineExceeded') return 'time'
  return terminated?.reason === 'OOMKilled' ? 'memory' : undefined
}

/** What took a pod's place away, as its conditions say it, where something did. */
const movers: Record<string, string> = {
  PreemptionByScheduler: 'a pod of higher priority took its place',
  DeletionByTaintManager: 'its node is lost, or takes such pods no longer',
  EvictionByEvictionAPI: 'it was evicted in the cluster, as a drain does',
  DeletionByPodGC: 'its node is gone',
  TerminationByKubelet: 'its node ran short or shuts down',
}

/** Why a pod was moved away by its cluster, so that it failed of nothing; undefined where it was not. */
export function evictionOf({ status }: PodObject): string | undefined {
  // The second is what Kueue says of a pod whose place it takes back.
  const target = status.conditions.find(
    ({ type, status: is }) => /^(Disruption|Termination)Target$/.test(type) && is === 'True',
  )
  if (target)
    return `evicted: ${[movers[target.reason] ?? target.reason, target.message].filter(Boolean).join(': ')}`
  return status.reason === 'Evicted' ? `evicted: ${status.message}` : undefined
}

/** Why a pod is over that nothing moved and no limit ended. */
function endReason(
  { reason, message }: PodObject['status'],
  terminated: Terminated | null | undefined,
): string {
  if (reason !== '') return [reason, message].filter(Boolean).join(': ')
  if (terminated?.signal) return `killed by signal ${terminated.signal}`
  if (terminated && !['Completed', 'Error', ''].includes(terminated.reason))
    return [terminated.reason, terminated.message].filter(Boolean).join(': ')
  return ''
}

function waitReason(
  scheduled: { status: string; message: string } | undefined,
  waiting: { reason: string; message: string } | null | undefined,
): string {
  if (scheduled?.status === 'False') return `no node takes it: ${scheduled.message}`
  const said = [waiting?.reason, waiting?.message].filter(Boolean).join(': ')
  switch (waiting?.reason) {
    case undefined:
    case '':
    case 'ContainerCreating':
    case 'PodInitializing':
      return ''
    case 'ErrImagePull':
    case 'ImagePullBackOff':
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return `its image cannot be had: ${said}`
    default:
      return `its container does not start: ${said}`
  }
}
