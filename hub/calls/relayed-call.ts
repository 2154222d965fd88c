import { randomUUID } from 'node:crypto'
import type { Config } from '../../schemas/config.ts'
import type { Effect } from '../../schemas/effect.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Caller } from '../rpc/caller.ts'
import type { Relayed } from '../upstreams/pairing.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import type { Call } from './call.ts'
import { isGranted, upstreamScope } from './grants.ts'

/** What is kept of a relayed request while it waits; everything else belongs to its caller. */
export type HeldRequest = Pick<Relayed, 'method' | 'params' | 'client' | 'modern' | 'headers'>

/** What is known of a relayed call besides its request; `effect` is what the server says it has. */
export type Known = Pick<Call, 'patienceMs' | 'check'> & { effect?: Effect | undefined }

/** Stands for a caller that is gone: it can be asked nothing and told nothing. */
export const absentCaller = (principal: Principal, stopping: AbortSignal): Caller => ({
  principal,
  view: {},
  session: undefined,
  rawArguments: undefined,
  signal: () => stopping,
  leaving: stopping,
  send: () => undefined,
})

/** Methods that change nothing, by what MCP says of them. */
const reads = ['resources/read', 'prompts/get', 'completion/complete']

/** A request on its way to an upstream; `name` is what its caller asked for. */
export function relayedCall(
  config: () => Config,
  { name: upstream, label }: Pick<UpstreamLink, 'name' | 'label'>,
  name: string,
  { method, params, client, modern, headers, caller }: Relayed,
  { effect, patienceMs, check }: Known = {},
): Call {
  const { principal, signal } = caller
  return {
    principal,
    name,
    label,
    args: params.arguments,
    request: { method, params, client, modern, headers } satisfies HeldRequest,
    requestId: randomUUID(),
    signal,
    patienceMs,
    check,
    upstream,
    subject: () => ({
      name,
      scope: upstreamScope,
      effect: reads.includes(method) ? 'read' : effect,
      granted: isGranted(config(), principal, upstream),
    }),
  }
}
