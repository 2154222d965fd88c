import type { ApprovalGrant } from '../../schemas/approval.ts'
import type { ApprovalRule } from '../../schemas/config.ts'
import type { Principal } from '../../schemas/principal.ts'
import type { Subjects } from '../../servers/kit/authority.ts'
import { matchesPattern } from './name-pattern.ts'

type Subject = Subjects['tool.call']

/**
 * What holds where no rule of `switchyard.json` says otherwise: neither agents nor the assistant of the
 * chat, which any text may have talked into it, destroy unasked.
 */
const unlessSaid = ({ kind, chat }: Principal, { effect }: Subject): ApprovalRule['decision'] =>
  effect === 'destroy' && (kind === 'agent' || chat?.by === 'assistant') ? 'ask' : 'allow'

/**
 * Whether a call that is allowed as such goes on, waits for a person or is refused: the first rule that
 * matches decides, and a yes that stands answers what it would ask. What carries a task on, and the
 * answer itself, no rule touches: nothing would ever go on again.
 */
export function ruleOn(principal: Principal, subject: Subject): ApprovalRule['decision'] {
  const { scope, approvals, grants = [] } = subject
  if (scope === 'approval:decide' || scope === 'task:work') return 'allow'
  const rule = approvals.find((given) => matches(given, principal, subject))
  const decision = rule?.decision ?? unlessSaid(principal, subject)
  if (decision !== 'ask') return decision
  return grants.some((grant) => covers(grant, principal, subject)) ? 'allow' : 'ask'
}

/** Reads, and calls of the hub's own controllers, are meant only where a rule names that effect or kind. */
function matches(
  rule: ApprovalRule,
  { kind, orgs }: Principal,
  { name, effect }: Subject,
): boolean {
  if (rule.effect === undefined ? effect === 'read' : rule.effect !== effect) return false
  if (rule.kind === undefined ? kind === 'service' : rule.kind !== kind) return false
  return matchesPattern(name, rule.tool) && (rule.org === undefined || orgs.includes(rule.org))
}

const covers = (grant: ApprovalGrant, principal: Principal, { name }: Subject): boolean =>
  grant.tool === name &&
  grant.kind === principal.kind &&
  (grant.principal === undefined || grant.principal === principal.id) &&
  (grant.task === undefined || grant.task === principal.task) &&
  (principal.orgs.includes('*') || principal.orgs.includes(grant.org))
