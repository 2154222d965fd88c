import { randomUUID } from 'node:crypto'
import { HubError } from '../../schemas/errors.ts'
import { auditArgs } from '../../servers/kit/audit.ts'
import type { Hub } from '../hub.ts'
import { mayCall } from '../policy.ts'
import type { Reply } from './channel.ts'
import type { Relayed } from './pairing.ts'
import { pass } from './pairing.ts'
import type { UpstreamLink } from './upstream.ts'

export const relayScope = 'upstream:use'

/**
 * Passes a request on to its upstream and the answer back. It takes the same road as a call of our own:
 * policy first, an audit row that is written before the answer is given, a measurement. No credential
 * of the caller goes along. `name` is what the caller asked for, as the audit trail keeps it.
 */
export async function relay(
  hub: Hub,
  link: UpstreamLink,
  name: string,
  request: Relayed,
): Promise<Reply> {
  const startedAt = performance.now()
  const { principal, signal } = request.caller
  const lease = principal.kind === 'agent' ? 'ended' : 'none'
  const audit = (outcome: string) =>
    hub.store.record({
      org: principal.orgs[0] ?? '',
      principal: principal.id,
      tool: name,
      outcome,
      subject: link.name,
      args: auditArgs(request.params.arguments),
      requestId: randomUUID(),
    })
  if (!mayCall(principal, { name, scope: relayScope }, lease)) {
    await audit('denied')
    throw new HubError(
      'denied',
      `${principal.id} may not call ${name}: it needs the scope ${relayScope}`,
    )
  }
  let outcome = 'ok'
  const recorded = audit('relayed')
  recorded.catch(() => undefined) // Awaited below; until then it must not count as unhandled.
  const leave = await link.limiter.enter(signal)
  try {
    const reply = await pass(link, hub.parking, request)
    await recorded
    if (reply.result.isError === true) outcome = 'failed'
    return reply
  } catch (error) {
    outcome = error instanceof HubError ? error.code : 'upstream_error'
    throw error
  } finally {
    leave()
    hub.telemetry.call(`upstream:${link.name}`, outcome, performance.now() - startedAt)
  }
}

/** An answer of one era in the form of the other, as text. What neither era names passes unchanged. */
export function resultText(
  { result, raw }: Reply,
  modern: boolean,
  whenMissing: Record<string, unknown> = {},
): string {
  if (modern) {
    const lead = Object.entries({ resultType: 'complete', ...whenMissing })
      .filter(([key]) => !(key in result))
      .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
      .join()
    const body = raw ?? JSON.stringify(result)
    if (lead === '') return body
    return Object.keys(result).length === 0 ? `{${lead}}` : `{${lead},${body.slice(1)}`
  }
  if (!('resultType' in result)) return raw ?? JSON.stringify(result)
  const usual = '{"resultType":"complete",'
  if (raw?.startsWith(usual)) return `{${raw.slice(usual.length)}`
  const { resultType: _era, ...rest } = result
  return JSON.stringify(rest)
}
