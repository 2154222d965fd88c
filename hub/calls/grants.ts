import type { Config } from '../../schemas/config.ts'
import type { Principal } from '../../schemas/principal.ts'
import { mayList } from './decide.ts'

/** The scope that calling anything of a third-party server needs. */
export const upstreamScope = 'upstream:use'

/**
 * Whether agents of the principal's org may use that upstream: `orgs.NAME.upstreams` in
 * `switchyard.json` names those they may. Others need no grant beside their scope.
 */
export const isGranted = ({ file }: Config, { kind, orgs }: Principal, upstream: string): boolean =>
  kind === 'agent' && orgs.some((org) => file.orgs[org]?.upstreams.includes(upstream))

/** Whether anything of that upstream may be shown to the principal. */
export const mayUseUpstream = (config: Config, principal: Principal, upstream: string): boolean =>
  mayList(principal, {
    name: upstream,
    scope: upstreamScope,
    granted: isGranted(config, principal, upstream),
  })
