import { randomUUID } from 'node:crypto'
import { HubError } from '../../schemas/errors.ts'
import type { Principal } from '../../schemas/principal.ts'
import { auditArgs } from '../../servers/kit/audit.ts'
import type { Hub } from '../hub.ts'
import { metaKey } from '../mcp/protocol.ts'
import { mayCall } from '../policy.ts'
import type { Served } from './upstreams.ts'

export const relayScope = 'upstream:use'

/**
 * Passes a call on to its upstream and the answer back. It takes the same road as a call of our own:
 * policy first, an audit row that is on disk before the answer is given, a measurement. No credential
 * of the caller goes along.
 */
export async function relay(
  hub: Hub,
  principal: Principal,
  served: Served,
  params: Record<string, unknown>,
  options: { modern: boolean; signal: () => AbortSignal },
): Promise<Record<string, unknown>> {
  const startedAt = performance.now()
  const lease = principal.kind === 'agent' ? 'ended' : 'none'
  const audit = (outcome: string) =>
    hub.store.write(() => undefined, {
      org: principal.orgs[0] ?? '',
      principal: principal.id,
      tool: served.name,
      outcome,
      subject: served.link.name,
      args: auditArgs(params.arguments),
      requestId: randomUUID(),
    })
  if (!mayCall(principal, { name: served.name, scope: relayScope }, lease)) {
    await audit('denied')
    throw new HubError(
      'denied',
      `${principal.id} may not call ${served.name}: it needs the scope ${relayScope}`,
    )
  }
  let outcome = 'ok'
  const recorded = audit('relayed')
  recorded.catch(() => undefined) // Awaited below; until then it must not count as unhandled.
  try {
    const result = await served.link.call({ ...params, name: served.own }, options.signal())
    await recorded
    if (result.isError === true) outcome = 'failed'
    return inEra(result, options.modern)
  } catch (error) {
    outcome = error instanceof HubError ? error.code : 'upstream_error'
    throw error
  } finally {
    hub.telemetry.call(`upstream:${served.link.name}`, outcome, performance.now() - startedAt)
  }
}

/** An answer of one era in the form of the other. What neither era names passes unchanged. */
function inEra(result: Record<string, unknown>, modern: boolean): Record<string, unknown> {
  if (modern) return 'resultType' in result ? result : { resultType: 'complete', ...result }
  const { resultType, ...rest } = result
  if (resultType === 'input_required') {
    throw new HubError(
      'unsupported',
      'the tool asks for input, which a client before 2026-07-28 cannot give through this hub',
      {
        hint: 'Connect with a client of protocol revision 2026-07-28.',
      },
    )
  }
  const meta = rest._meta as Record<string, unknown> | undefined // The protocol says it is an object.
  if (meta) delete meta[metaKey.serverInfo]
  return rest
}
