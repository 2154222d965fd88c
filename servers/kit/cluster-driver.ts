import type { Capacity, ClusterHealth } from '../../schemas/cluster.ts'
import type { Isolation, Resources } from '../../schemas/task.ts'

/** What a pod works in, in words that every driver understands; where that lies is the driver's to say. */
type Workspace = {
  /** What keeps the work between pods: the next pod with the same key finds it again. */
  key: string
  /** Further storage the pod is shown, by purpose: the org's caches, the hub's copies of repositories. */
  mounts: Mount[]
}

export type Mount = {
  purpose: 'cache' | 'repositories'
  /** Whose it is: the org. */
  key: string
  access: 'read' | 'write'
}

/** What a driver is asked to run. */
export type PodSpec = {
  id: string
  org: string
  /** The built-in agent, however the cluster carries it, or a program of the caller's. */
  program: { kind: 'agent' } | { kind: 'command'; command: string[] }
  /** What the hub tells the program; the driver adds where the hub and the workspace are. */
  env: Record<string, string>
  workspace: Workspace
  resources: Resources
  /** Tags of the node, for a driver that has something else choose among nodes. */
  tags: string[]
  timeoutMs: number
}

/** What becomes of an accepted pod, in order; `exited` is the last and comes exactly once. */
export type PodChange =
  /** Why it does not run yet, where that says more than that it takes a moment. */
  | { state: 'waiting'; reason: string }
  | { state: 'running'; node: string }
  | { state: 'exited'; exitCode: number | null; reason: string }

/** A pod that was accepted. */
export type AcceptedPod = {
  /** How the driver finds the pod again after a restart of the hub; nobody else reads it. */
  handle: string
  /** The state it is in now, and the node where that is known already. */
  state: 'starting' | 'running'
  node: string
  /** What follows, until it has ended. One reader reads it. */
  changes: AsyncIterable<PodChange>
}

/** Output of a program in the order it came, then how it ended. */
export type ExecEvent =
  | { kind: 'output'; stream: 'out' | 'err'; data: Uint8Array }
  | { kind: 'exit'; exitCode: number | null }

export type LogOptions = {
  /** Most bytes from the end of what there is. */
  tailBytes: number
  /** Whether to go on with what is still to come, until the pod ends. */
  follow: boolean
  signal: AbortSignal
}

/** Where pods run. Several at once, the same tools; this interface is all the hub knows of them. */
export type ClusterDriver = {
  readonly id: string
  readonly kind: string
  /** Whether its pods can be the agents of tasks, or plain commands alone. */
  readonly runsAgents: boolean
  /** The orgs whose pods may run there, where it is not there for all. */
  readonly orgs?: string[] | undefined
  /** Names of the limits that are really enforced, for `pod_read`. */
  readonly limits: string[]
  /** What pods are really given, and why not more. */
  isolation(): Promise<{ level: Isolation; reason: string }>
  /** Whether pods can be started now; it never throws, a cluster that does not answer is unreachable. */
  health(): Promise<ClusterHealth>
  /** The machines behind it with what each has, uses and has promised. */
  nodes(): Promise<Capacity[]>
  /** Resolves when the cluster has taken the pod on; it may run later. */
  start(spec: PodSpec): Promise<AcceptedPod>
  /** Takes up a pod that an earlier hub process started; undefined when it is gone. */
  adopt(spec: PodSpec, handle: string): Promise<AcceptedPod | undefined>
  /** Ends a pod with everything it started: politely, then by force after `graceMs`. */
  stop(podId: string, graceMs: number, reason: string): Promise<void>
  /** Freezes a pod where it is, or lets it go on. */
  suspend(podId: string): Promise<void>
  resume(podId: string): Promise<void>
  /** Runs one more program in a live pod, in its folder, environment and isolation; abort ends it. */
  exec(podId: string, command: string[], signal: AbortSignal): AsyncIterable<ExecEvent>
  /** What the pod's program wrote by itself, also after its end for as long as that is kept. */
  logs(podId: string, options: LogOptions): AsyncIterable<Uint8Array>
  /** Removes what carries our mark and belongs to no live pod. */
  sweep(livePodIds: Set<string>): Promise<{ killed: number; removed: number }>
  /** Lets go of what it does in this process; pods go on. */
  close(): Promise<void>
}
