import type { Config } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { mayUseUpstream } from '../calls/grants.ts'
import { nameHere, prefixOf } from '../upstreams/offers.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'

type Parts = { upstreams: Upstreams; config(): Config }

/** Why nobody serves a name, where a server has such a tool that the principal could use; else undefined. */
export const unservedTool = (
  parts: Parts,
  principal: Principal,
  name: string,
): HubError | undefined => heldTool(parts, principal, name) ?? awayServer(parts, principal, name)

/** A tool that may not be called as it is now defined. */
function heldTool(
  { upstreams, config }: Parts,
  principal: Principal,
  name: string,
): HubError | undefined {
  for (const { name: server, quarantined, rejected } of upstreams.states()) {
    const called = (own: string) =>
      nameHere(server, upstreams.link(server)?.config, own) === name &&
      mayUseUpstream(config(), principal, server)
    const own = [...quarantined, ...rejected].find(called)
    if (own === undefined) continue
    const asked = `{"server":${JSON.stringify(server)},"tools":[${JSON.stringify(own)}]`
    if (rejected.includes(own))
      return new HubError(
        'denied',
        `${name} was rejected: an owner refused its definition as the server ${server} has it now`,
        { hint: `An owner takes that back with server_accept ${asked}}.` },
      )
    return new HubError(
      'denied',
      `${name} is quarantined: its definition on the server ${server} is new or has changed, and nobody accepted it yet`,
      {
        hint: `For an owner, server_accept ${asked},"dry_run":true} shows the difference, and without dry_run accepts it.`,
      },
    )
  }
  return undefined
}

/** What is wrong with the server whose tools are called so. */
function awayServer(
  { upstreams, config }: Parts,
  principal: Principal,
  name: string,
): HubError | undefined {
  const away = upstreams.states().find(({ name: server, state }) => {
    if (state !== 'degraded' && state !== 'connecting' && state !== 'signed_out') return false
    const prefix = prefixOf(server, upstreams.link(server)?.config)
    return prefix !== '' && name.startsWith(prefix) && mayUseUpstream(config(), principal, server)
  })
  if (away === undefined) return undefined
  const { name: server, state, reason } = away
  const why = reason === undefined ? '' : `: ${reason}`
  return new HubError('unavailable', `the server ${server} is ${state.replace('_', ' ')}${why}`, {
    hint: 'Its tools cannot be called now; server_list shows when they can.',
  })
}
