import type { Logger } from 'pino'
import type { Config } from '../../schemas/config.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Carriers } from '../../servers/kit/carriers.ts'
import type { ClusterDriver } from '../../servers/kit/cluster-driver.ts'
import type { Clock } from '../../servers/kit/clock.ts'
import type { ContextIndex } from '../../servers/kit/context-index.ts'
import type { Listener } from '../../servers/kit/topics.ts'
import type { PeerCalls } from '../calls/peer-calls.ts'
import type { Removal } from './slices.ts'

/** The parts of a hub that its controllers stand on. */
export type ControllerParts = {
  config(): Config
  /** Calls `listener` after each change of the configuration, until the returned function is called. */
  onConfig(listener: () => void): () => void
  log: Logger
  clock: Clock
  store: Removal['store'] & { topics: { listen(topics: string[]): Listener } }
  /** Where old folders and files are removed. */
  dataDir: string
  /** Keeps folders in the index up to date. */
  context: Pick<ContextIndex, 'follow'>
  /** Where pods run, with what the machines have, use and have promised. */
  clusters: { list(): Pick<ClusterDriver, 'id' | 'nodes' | 'runsAgents' | 'podLimit'>[] }
  /** Who could carry out tasks besides pods. */
  carriers: Pick<Carriers, 'peerNames'>
  peers: PeerCalls
  /** Makes a tool call, policed and audited like any other. */
  call(
    principal: Principal,
    tool: string,
    args: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<unknown>
}

/** What one controller works with: the parts, and tool calls under its own name. */
export type ControllerContext = Omit<ControllerParts, 'call' | 'peers' | 'clusters'> & {
  /** Where pods run. */
  clusters: { list(): Pick<ClusterDriver, 'id' | 'runsAgents' | 'podLimit'>[] }
  /** Aborts when the controllers stop. */
  signal: AbortSignal
  /** `T` is what the tool's output schema states. */
  call<T>(tool: string, args: Record<string, unknown>, signal?: AbortSignal): Promise<T>
  /** Asks a peer for what changes nothing there; `callPeer` is for the rest. */
  askPeer: PeerCalls['ask']
  callPeer(
    peer: string,
    tool: string,
    args: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<unknown>
}

/** A controller that also calls for others, with no more authority than they have. */
export type ActingContext = ControllerContext & { callAs: ControllerParts['call'] }

/** A controller that looks at what machines have. */
export type WatchingContext = Omit<ControllerContext, 'clusters'> &
  Pick<ControllerParts, 'clusters'>

/** Runs one step. A failure is logged and left to the next round: steps are idempotent. */
export async function guarded(
  { log }: Pick<ControllerParts, 'log'>,
  name: string,
  step: () => Promise<unknown>,
): Promise<void> {
  try {
    await step()
  } catch (error) {
    log.error({ error, controller: name }, 'a controller step failed; it will be tried again')
  }
}
