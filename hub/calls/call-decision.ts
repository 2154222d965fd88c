import type { Config } from '../../schemas/config.ts'
import type { Decision } from '../../servers/kit/authority.ts'
import type { Reader } from '../../servers/kit/sql.ts'
import { grantsForTool } from '../../servers/orchestration/store/approval-grants.ts'
import type { Call } from './call.ts'
import { decide } from './decide.ts'
import { leaseOf } from './lease-state.ts'

/** Decides on a call by what is known of it now; what stands in the store is looked up where it matters. */
export async function decisionOn(
  { config, store, now }: { config(): Config; store: { reader: Reader }; now(): number },
  { principal, name, subject }: Pick<Call, 'principal' | 'name' | 'subject'>,
): Promise<Decision> {
  const { approvals } = config().file
  const lease = principal.attempt === undefined ? 'none' : await leaseOf(store.reader, principal)
  const facts = { ...subject(), lease, approvals }
  const decision = decide(principal, 'tool.call', facts)
  if (decision.kind !== 'ask') return decision
  const grants = await grantsForTool(store.reader, name, now())
  return decide(principal, 'tool.call', { ...facts, grants })
}
