import type { Principal } from '../schemas/principal.ts'
import type { Scope } from '../schemas/scope.ts'
import type { LeaseState } from '../servers/kit/authority.ts'
import { decide } from './calls/decide.ts'

type Asked = { name: string; scope: Scope }

export const mayCall = (principal: Principal, tool: Asked, lease: LeaseState): boolean =>
  decide(principal, 'tool.call', { ...tool, lease }).kind === 'allow'

export const maySeeTool = (principal: Principal, tool: Asked): boolean =>
  decide(principal, 'tool.list', tool).kind === 'allow'
