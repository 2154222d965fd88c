import type { Duplex } from 'node:stream'
import type { Capacity, ClusterHealth, PodLimit } from '../../schemas/cluster.ts'
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
  /** Nodes whose room is kept for others, for such a driver too. */
  avoids?: string[]
  timeoutMs: number
}

/** What becomes of an accepted pod, in order; `exited` is the last and comes exactly once. */
export type PodChange =
  /** Why it does not run yet, where that says more than that it takes a moment. */
  | { state: 'waiting'; reason: string }
  | { state: 'running'; node: string }
  /** Its program ended, and begins anew with what it kept when it is resumed; or it is about to. */
  | { state: 'suspended' }
  | { state: 'resumed' }
  /** A host that it wanted to connect to and may not; the first ones alone are told. */
  | { state: 'refused'; host: string }
  | ({ state: 'exited' } & PodExit)

/** How a pod ended. What is told in words is for people; what follows from it is typed. */
export type PodExit = {
  exitCode: number | null
  reason: string
  /** Whether the cluster took its place away, so that it has failed of nothing. */
  isEvicted?: boolean
  /** Which limit of its own ended it: another try with the same limits would end alike. */
  limit?: PodLimit
}

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

/** How HTTP gets to a port of a pod. */
export type PodPort = {
  /** What stands before each path on a connection. */
  prefix: string
  /** Headers that take the place of what a client sent; its credentials never travel. */
  headers: Record<string, string>
  /** A connection that ends at this very pod, or at who passes on to it; the caller closes it. */
  connect(): Promise<Duplex>
}

/** Where pods run. Several at once, the same tools; this interface is all the hub knows of them. */
export type ClusterDriver = {
  readonly id: string
  readonly kind: string
  /** Whether its pods can be the agents of tasks, or plain commands alone. */
  readonly runsAgents: boolean
  /** The orgs whose pods may run there, where it is not there for all. */
  readonly orgs?: string[] | undefined
  /** Most pods that it runs for an org at a time; for this machine, `maxPods` of the settings. */
  readonly podLimit?: number
  /** Names of the limits that are really enforced, for `pod_read`. */
  readonly limits: string[]
  /**
   * The live pod whom a credential of the cluster's own making speaks for, as the cluster says now;
   * undefined where it is none of this driver's. `unavailable` where nobody can say. Pods of a driver
   * that has this are given no credential of the hub's.
   */
  readonly identify?: (token: string) => Promise<string | undefined>
  /** The same for pods of an org, where that makes a difference. */
  limitsOf?(org: string): string[]
  /** What pods are really given, and why not more. */
  isolation(): Promise<{ level: Isolation; reason: string }>
  /** What stands there beside what every cluster of its kind has. */
  extensions?(): Promise<string[]>
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
  /**
   * Ends a pod as its cluster does that where it is to run elsewhere: `exhausted` while something there
   * protects it. Without, it is stopped.
   */
  evict?(podId: string, graceMs: number, reason: string): Promise<void>
  /** Has a node take no new pods, for a reason, or take them again; absent where the cluster cannot. */
  cordon?(node: string, closed: string | undefined): Promise<void>
  /** Whether that is forgotten when the hub ends. */
  readonly forgetsCordons?: boolean
  /** Gives a live pod more or less room where it is; absent where the cluster cannot. */
  resize?(podId: string, resources: Resources): Promise<void>
  /** Freezes a pod where it is, or has it end as one that `resume` starts anew; `resume` lets it go on. */
  suspend(podId: string): Promise<void>
  resume(podId: string): Promise<void>
  /** Runs one more program in a live pod, in its folder, environment and isolation; abort ends it. */
  exec(podId: string, command: string[], signal: AbortSignal): AsyncIterable<ExecEvent>
  /** The way to a port of a live pod; `conflict` when the pod does not run, or the port is not its own. */
  reach(podId: string, port: number): Promise<PodPort>
  /** What the pod's program wrote by itself, also after its end for as long as that is kept. */
  logs(podId: string, options: LogOptions): AsyncIterable<Uint8Array>
  /** Removes what carries our mark and belongs to no live pod. */
  sweep(livePodIds: Set<string>): Promise<{ killed: number; removed: number }>
  /** Lets go of what it does in this process; pods go on. */
  close(): Promise<void>
}
