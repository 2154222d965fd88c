import type { Config } from '../../schemas/config.ts'
import type { Decision, Subjects } from '../../servers/kit/authority.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import { grantsForTool } from '../../servers/orchestration/store/approval-grants.ts'
import type { Call } from './call.ts'
import { decide } from './decide.ts'
import { leaseOf } from './lease-state.ts'
import { unasked } from './streamed-call.ts'
import { digestOfCall, findHeldCall } from './store/held-calls.ts'

type Parts = { config(): Config; store: { reader: Reader }; now(): number }
type Decided = Pick<Call, 'principal' | 'name' | 'args' | 'subject' | 'stream'>

/**
 * Decides on a call by what is known of it now; what stands in the store is looked up where it matters. A
 * yes that stands opens no second way for a call that was held before it: that one is made by the gate.
 * Most decisions are there at once.
 */
export function decisionOn(parts: Parts, call: Decided): Decision | Promise<Decision> {
  const { principal } = call
  if (principal.attempt === undefined) return decisionBy(parts, call, 'none')
  return leaseOf(parts.store.reader, principal).then((lease) => decisionBy(parts, call, lease))
}

function decisionBy(
  parts: Parts,
  call: Decided,
  lease: Subjects['tool.call']['lease'],
): Decision | Promise<Decision> {
  const { principal, subject } = call
  const { approvals, orgs } = parts.config().file
  const chat = principal.chat && orgs[principal.chat.org]?.chat.tools
  const facts = { ...subject(), lease, approvals, chat }
  const decision = decide(principal, 'tool.call', facts)
  if (decision.kind !== 'ask') return decision
  return call.stream ? unasked(call) : unlessGranted(parts, call, facts, decision)
}

async function unlessGranted(
  { store, now }: Parts,
  call: Decided,
  facts: Subjects['tool.call'],
  asked: Decision,
): Promise<Decision> {
  const grants = await grantsForTool(store.reader, call.name, now())
  if (grants.length === 0 || (await findHeldCall(store.reader, digestOfCall(call))) !== undefined)
    return asked
  return decide(call.principal, 'tool.call', { ...facts, grants })
}
