import type { Config } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { mayUseUpstream } from '../calls/grants.ts'
import { prefixOf } from '../upstreams/offers.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'

/**
 * For a name that nobody serves now, what is wrong with the server whose tools are called so; undefined
 * where there is none that the principal may use.
 */
export function awayServer(
  { upstreams, config }: { upstreams: Upstreams; config(): Config },
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
