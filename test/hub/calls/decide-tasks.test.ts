import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Action, Decision, Subjects } from '../../../servers/kit/authority.ts'

// What agents may have others do, and who may make plans and say where tasks come from.

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const controller: Principal = {
  kind: 'service',
  id: 'controller-plans',
  roles: ['controller'],
  orgs: ['*'],
}
const newAgent: Principal = { kind: 'agent', id: 'agent-1', roles: ['agent'], orgs: ['acme'] }
const agent: Principal = { ...newAgent, attempt: 'attempt-1', task: 'task-1', repo: '/code' }

type Case = {
  [A in Action]: [Decision['kind'], string, Principal, A, Subjects[A]]
}[Action]

const tool = (
  name: string,
  lease: Subjects['tool.call']['lease'] = 'live',
): Subjects['tool.call'] => ({ name, scope: 'task:write', lease, approvals: [] })

const cases: Case[] = [
  ['allow', 'an agent has parts done by others', agent, 'tool.call', tool('task_submit')],
  ['allow', 'and ends those', agent, 'tool.call', tool('task_cancel')],
  ['deny', 'no more of that', agent, 'tool.call', tool('task_retry')],
  ['deny', 'nor without a lease', newAgent, 'tool.call', tool('task_submit', 'none')],
  ['deny', 'nor after it', agent, 'tool.call', tool('task_submit', 'ended')],
  [
    'allow',
    'it sees what it had others do',
    agent,
    'row.see',
    { org: 'acme', task: 'task-2', parent: 'task-1' },
  ],
  [
    'deny',
    'not what another agent had done',
    agent,
    'row.see',
    { org: 'acme', task: 'task-3', parent: 'task-2' },
  ],
  [
    'allow',
    'and what its task was handed',
    agent,
    'row.see',
    { org: 'acme', task: 'task-2', isHanded: true },
  ],
  [
    'deny',
    'of its org only',
    agent,
    'row.see',
    { org: 'globex', task: 'task-2', parent: 'task-1', isHanded: true },
  ],
  ['allow', 'a part on its repository', agent, 'task.submit', { repo: '/code', inputs: 0 }],
  ['allow', 'or on none', agent, 'task.submit', { repo: undefined, inputs: 0 }],
  ['deny', 'not on another', agent, 'task.submit', { repo: '/else', inputs: 0 }],
  ['deny', 'nor with results of others', agent, 'task.submit', { repo: undefined, inputs: 1 }],
  ['allow', 'people any that they may add', dora, 'task.submit', { repo: '/else', inputs: 1 }],
  ['deny', 'an agent does not cancel itself', agent, 'task.cancel', { task: 'task-1' }],
  ['allow', 'but its part', agent, 'task.cancel', { task: 'task-2' }],
  ['allow', 'people any', dora, 'task.cancel', { task: 'task-1' }],
  ['allow', 'a controller says what asked', controller, 'provenance.set', { via: 'trigger' }],
  ['deny', 'nobody else', owner, 'provenance.set', { via: 'trigger' }],
  ['allow', 'a plan by people', dora, 'plan.create', { org: 'acme' }],
  ['deny', 'not by an agent', agent, 'plan.create', { org: 'acme' }],
]

test.each(cases)('%s: %s', (kind, _why, principal, action, subject) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
