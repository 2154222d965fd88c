import type { PodObject } from './objects.ts'

/** What a pod of the cluster means for the hub. */
export type PodStatus =
  | { state: 'starting'; reason: string }
  | { state: 'running'; node: string }
  | { state: 'ended'; exitCode: number | null; reason: string }

/** Reads a pod's state out of its phase, conditions and the one container that it has. */
export function statusOf(pod: PodObject): PodStatus {
  const { phase, reason, message, containerStatuses } = pod.status
  const { waiting, running, terminated } = containerStatuses[0]?.state ?? {}
  if (phase === 'Succeeded' || phase === 'Failed') {
    const exitCode = terminated?.exitCode ?? null
    return { state: 'ended', exitCode, reason: endReason(reason, message, terminated) }
  }
  if (running) return { state: 'running', node: pod.spec.nodeName }
  if (terminated && pod.metadata.deletionTimestamp)
    return { state: 'ended', exitCode: terminated.exitCode, reason: endReason('', '', terminated) }
  return { state: 'starting', reason: waitReason(pod, waiting) }
}

/** Why a pod is over, in the words that local pods have for the same. */
function endReason(
  reason: string,
  message: string,
  terminated: { reason: string; message: string; signal?: number | undefined } | null | undefined,
): string {
  if (reason === 'DeadlineExceeded') return 'time limit'
  if (terminated?.reason === 'OOMKilled') return 'memory limit'
  if (reason === 'Evicted') return `evicted: ${message}`
  if (reason !== '') return [reason, message].filter(Boolean).join(': ')
  if (terminated?.signal) return `killed by signal ${terminated.signal}`
  if (terminated && !['Completed', 'Error', ''].includes(terminated.reason))
    return [terminated.reason, terminated.message].filter(Boolean).join(': ')
  return ''
}

function waitReason(
  pod: PodObject,
  waiting: { reason: string; message: string } | null | undefined,
): string {
  const scheduled = pod.status.conditions.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False') {
    const gate = scheduled.reason === 'SchedulingGated'
    return gate ? 'it is gated in the cluster' : `no node takes it: ${scheduled.message}`
  }
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
