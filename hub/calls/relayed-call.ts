import { randomUUID } from 'node:crypto'
import type { Config } from '../../schemas/config.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Caller } from '../rpc/caller.ts'
import type { Relayed } from '../upstreams/pairing.ts'
import type { Call } from './call.ts'
import { isGranted, upstreamScope } from './grants.ts'

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

/** A request on its way to the upstream of that name; `name` is what its caller asked for. */
export function relayedCall(
  config: () => Config,
  upstream: string,
  name: string,
  { method, params, client, modern, headers, caller }: Relayed,
): Call {
  const { principal, signal } = caller
  return {
    principal,
    name,
    label: `upstream:${upstream}`,
    args: params.arguments,
    request: { method, params, client, modern, headers } satisfies HeldRequest,
    requestId: randomUUID(),
    signal,
    upstream,
    subject: () => ({
      name,
      scope: upstreamScope,
      granted: isGranted(config(), principal, upstream),
    }),
  }
}
