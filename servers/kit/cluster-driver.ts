import type { Capacity } from '../../schemas/cluster.ts'
import type { Isolation, Resources } from '../../schemas/task.ts'
import type { RunResult } from './run.ts'

/** What a driver is asked to run. The folder exists when `start` is called and is the pod's own. */
export type PodSpec = {
  id: string
  org: string
  command: string[]
  env: Record<string, string>
  /** Folders outside the pod's own that it may write, such as its task's workspace. */
  writable: string[]
  resources: Resources
  timeoutMs: number
}

export type StartedPod = { pid: number; pidStarted: string }
export type PodExit = { exitCode: number | null; reason: string }

/** Where pods run. Two drivers, the same tools; this one interface is all the hub knows of them. */
export type ClusterDriver = {
  readonly id: string
  readonly node: string
  readonly isolation: Isolation
  /** Names of the limits that are really enforced, for `pod_read`. */
  readonly limits: string[]
  folder(podId: string): string
  /** Resolves when the process runs. `onExit` is called exactly once when it has ended. */
  start(spec: PodSpec, onExit: (exit: PodExit) => void): Promise<StartedPod>
  /** Watches a pod that an earlier hub process started; false when it is gone. */
  adopt(spec: PodSpec, started: StartedPod, onExit: (exit: PodExit) => void): Promise<boolean>
  /** Ends a pod with everything it started: politely, then by force after `graceMs`. */
  stop(podId: string, graceMs: number, reason: string): Promise<void>
  /** Runs one more program in a live pod's folder, with its environment and isolation, to its end. */
  exec(podId: string, command: string[], timeoutMs: number): Promise<RunResult>
  /** Removes processes and folders that carry our mark and belong to no live pod. */
  sweep(livePodIds: Set<string>): Promise<{ killed: number; removed: number }>
  capacity(): Promise<Capacity>
}
