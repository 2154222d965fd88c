import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const agent: Principal = { kind: 'agent', id: 'agent-1', roles: ['agent'], orgs: ['acme'] }
const controller: Principal = {
  ...{ kind: 'service', id: 'controller-budgets' },
  ...{ roles: ['controller'], orgs: ['acme'] },
}

test.each([
  ['allow', 'the budget of an org by an owner', owner, 'org', 'acme'],
  ['deny', 'not by a developer', dora, 'org', 'acme'],
  ['allow', 'that of a task by a developer', dora, 'task', 'acme'],
  ['allow', 'and of a plan', dora, 'plan', 'acme'],
  ['deny', 'not of another org', dora, 'task', 'other'],
  ['deny', 'none by an agent', agent, 'task', 'acme'],
  ['allow', 'what a person let a controller set', controller, 'org', 'acme'],
] as const)('%s: %s', (kind, _what, principal, scope, org) => {
  expect(decide(principal, 'budget.set', { scope, org }).kind).toBe(kind)
})

test('a controller asks a person before it sets a budget, and an owner does not', () => {
  const call = { name: 'budget_set', scope: 'task:write', lease: 'none', approvals: [] } as const
  const subject = { ...call, approvals: [] }
  expect(decide(controller, 'tool.call', subject).kind).toBe('ask')
  expect(decide(owner, 'tool.call', subject).kind).toBe('allow')
})

test.each([
  ['allow', 'an own trigger', dora, 'acme', 'dora'],
  ['allow', 'that of another by an owner', owner, 'acme', 'dora'],
  ['deny', 'not by others', dora, 'acme', 'owner'],
  ['deny', 'not of another org', dora, 'other', 'dora'],
  ['deny', 'none by an agent', agent, 'acme', 'agent-1'],
] as const)('%s: %s', (kind, _what, principal, org, maker) => {
  expect(decide(principal, 'trigger.change', { org, maker }).kind).toBe(kind)
})
