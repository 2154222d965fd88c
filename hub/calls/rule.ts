import type { Principal } from '../../schemas/principal.ts'
import type { Action, Decision, Subjects } from '../../servers/kit/authority.ts'

/** What is decided for each action, from who asks and the facts about the subject alone. */
export type Rules = {
  [A in Action]: (principal: Principal, subject: Subjects[A]) => Decision
}

export const allow: Decision = { kind: 'allow' }
export const deny = (reason: string, hint?: string): Decision => ({
  kind: 'deny',
  reason,
  ...(hint === undefined ? {} : { hint }),
})
