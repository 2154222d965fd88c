import type { Principal } from '../../schemas/principal.ts'
import type { Caller } from '../rpc/caller.ts'
import type { Relayed } from '../upstreams/pairing.ts'

/** What is kept of a relayed request while it waits; everything else belongs to its caller. */
export type HeldRequest = Pick<Relayed, 'method' | 'params' | 'client' | 'modern' | 'headers'>

/** Stands for a caller that is gone: it can be asked nothing and told nothing. */
export const absentCaller = (principal: Principal, stopping: AbortSignal): Caller => ({
  principal,
  view: {},
  session: undefined,
  rawArguments: undefined,
  signal: () => stopping,
  send: () => undefined,
})
