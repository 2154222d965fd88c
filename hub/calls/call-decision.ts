import type { Config } from '../../schemas/config.ts'
import type { Decision } from '../../servers/kit/authority.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import { grantsForTool } from '../../servers/orchestration/store/approval-grants.ts'
import type { Call } from './call.ts'
import { decide } from './decide.ts'
import { leaseOf } from './lease-state.ts'
import { digestOfCall, findHeldCall } from './store/held-calls.ts'

/**
 * Decides on a call by what is known of it now; what stands in the store is looked up where it matters. A
 * yes that stands opens no second way for a call that was held before it: that one is made by the gate.
 */
export async function decisionOn(
  { config, store, now }: { config(): Config; store: { reader: Reader }; now(): number },
  call: Pick<Call, 'principal' | 'name' | 'args' | 'subject'>,
): Promise<Decision> {
  const { principal, name, subject } = call
  const { approvals, orgs } = config().file
  const lease = principal.attempt === undefined ? 'none' : await leaseOf(store.reader, principal)
  const chat = principal.chat && orgs[principal.chat.org]?.chat.tools
  const facts = { ...subject(), lease, approvals, chat }
  const decision = decide(principal, 'tool.call', facts)
  if (decision.kind !== 'ask') return decision
  const grants = await grantsForTool(store.reader, name, now())
  if (grants.length === 0 || (await findHeldCall(store.reader, digestOfCall(call))) !== undefined)
    return decision
  return decide(principal, 'tool.call', { ...facts, grants })
}
