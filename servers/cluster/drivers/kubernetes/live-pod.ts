import type { AcceptedPod, PodSpec } from '../../../kit/cluster-driver.ts'
import { PodChanges } from './pod-changes.ts'
import type { SandboxRef } from './sandbox-api.ts'

/** How a pod is found again: a name may be used once more, the identifier never is. */
export type Handle = {
  namespace: string
  name: string
  uid: string
  /** What makes the next pod of that name, where something does. */
  sandbox?: SandboxRef
}

export type LivePod = {
  spec: PodSpec
  handle: Handle
  /** Why the hub ended it, once it did. */
  reason: string
  /** What it waits for, as it was last said. */
  waiting: string
  /** Whether something there, such as a queue, keeps it from the scheduler; why, as it was last said. */
  isGated: boolean
  gate: string
  isRunning: boolean
  /** What it wrote up to its end, where somebody began to listen before that. */
  lastWords: Promise<Buffer> | undefined
  isEnding: boolean
  /** Aborts once it has ended, with all that is kept of it. */
  over: AbortController
  /** Whether its Sandbox is there without its pod, or is to make the next one. */
  suspension: 'suspended' | 'resuming' | undefined
  changes: PodChanges
  cancel: Record<'start' | 'force' | 'look', (() => void) | undefined>
}

export const newLivePod = (spec: PodSpec, handle: Handle): LivePod => ({
  spec,
  handle,
  reason: '',
  waiting: '',
  isGated: false,
  gate: '',
  isRunning: false,
  lastWords: undefined,
  isEnding: false,
  over: new AbortController(),
  suspension: undefined,
  changes: new PodChanges(),
  cancel: { start: undefined, force: undefined, look: undefined },
})

export const acceptedPod = (
  { handle, changes, isRunning }: LivePod,
  node: string,
): AcceptedPod => ({
  handle: JSON.stringify(handle),
  state: isRunning ? 'running' : 'starting',
  node,
  changes,
})
