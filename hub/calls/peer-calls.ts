import type { Principal } from '../../schemas/principal.ts'
import { HubError } from '../../schemas/errors.ts'
import { askPeer, asHubError, peerAnswer, peerRequest } from '../peers/peer-calls.ts'
import type { UpstreamLink } from '../upstreams/upstream.ts'
import { absentCaller } from './relayed-call.ts'
import type { Reply } from '../rpc/reply.ts'
import type { Relayed } from '../upstreams/pairing.ts'

/** How a controller speaks with peers. Every failure is a HubError. */
export type PeerCalls = {
  /** Asks for what changes nothing there. It leaves no row in the audit trail here. */
  ask(
    peer: string,
    tool: string,
    args: Record<string, unknown>,
    limits: { timeoutMs: number; signal: AbortSignal },
  ): Promise<unknown>
  /** Makes a call like any other that is relayed: decided, and on record. */
  call(
    principal: Principal,
    peer: string,
    tool: string,
    args: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<unknown>
}

export function makePeerCalls(parts: {
  calls: { relay(link: UpstreamLink, name: string, request: Relayed): Promise<Reply> }
  upstreams: { link(name: string): UpstreamLink | undefined }
}): PeerCalls {
  const linkTo = (peer: string): UpstreamLink => {
    const link = parts.upstreams.link(peer)
    if (link) return link
    throw new HubError('not_found', `there is no peer ${peer} that is called from here`)
  }
  return {
    ask: async (peer, tool, args, limits) => askPeer(linkTo(peer), tool, args, limits),
    async call(principal, peer, tool, args, signal) {
      const request = { ...peerRequest(tool, args), caller: absentCaller(principal, signal) }
      const relayed = parts.calls.relay(linkTo(peer), `${peer}_${tool}`, request)
      return peerAnswer(peer, await asHubError(peer, relayed))
    },
  }
}
