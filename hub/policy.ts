import type { Principal } from '../schemas/principal.ts'
import type { Scope } from '../schemas/scope.ts'
import { roles } from '../schemas/scope.ts'

type Asked = { name: string; scope: Scope }

/** Whether an agent's lease still stands; `none` for credentials that were never bound to one. */
export type LeaseState = 'live' | 'ended' | 'none'

// What a pod may do before it holds a lease, and after it reported: nothing but these.
const beforeLease = new Set(['task_claim', 'whoami'])
const afterLease = new Set(['task_report', 'whoami'])

/** Deny by default: a tool may be called when a role of the principal carries its scope. */
export function mayCall(principal: Principal, tool: Asked, lease: LeaseState): boolean {
  if (!maySeeTool(principal, tool)) return false
  if (principal.kind !== 'agent') return true
  if (principal.attempt === undefined) return beforeLease.has(tool.name)
  return lease === 'live' || afterLease.has(tool.name)
}

/**
 * Whether a listing shows the tool. What may not be called is not shown. A peer reaches what is this
 * hub's own: passed on to the next hub, its calls would go in circles and further than anybody granted.
 */
export const maySeeTool = (principal: Principal, tool: Asked): boolean =>
  hasScope(principal, tool.scope) && (principal.kind !== 'hub' || tool.scope !== 'upstream:use')

const hasScope = (principal: Principal, scope: Scope): boolean =>
  principal.roles.some((role) => (roles[role] as readonly Scope[]).includes(scope))
