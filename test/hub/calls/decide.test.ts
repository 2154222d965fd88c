import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Action, Decision, Subjects } from '../../../servers/kit/authority.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const ada: Principal = { kind: 'user', id: 'ada', roles: ['developer'], orgs: ['one'] }
const controller: Principal = { kind: 'service', id: 'hub', roles: ['controller'], orgs: ['*'] }
const agent: Principal = { ...ada, kind: 'agent', id: 'a1', task: 'task-1', repo: '/own' }

type Row = { [A in Action]: [A, Principal, Subjects[A], Decision['kind']] }[Action]
const rows: Row[] = [
  ['row.see', agent, { org: 'one', repo: '/own', task: 'task-1' }, 'allow'],
  ['row.see', agent, { org: 'one', task: 'task-2' }, 'deny'],
  ['row.see', agent, { org: 'one', task: '' }, 'deny'],
  ['row.see', ada, { org: 'one', repo: '/other', task: 'task-2' }, 'allow'],
  ['agent.work', ada, { agent: 'w', owner: undefined }, 'allow'],
  ['agent.work', ada, { agent: 'w', owner: 'ada' }, 'allow'],
  ['agent.work', ada, { agent: 'w', owner: 'bob' }, 'deny'],
  ['agent.work', owner, { agent: 'w', owner: 'bob' }, 'deny'],
  ['agent.work', agent, { agent: 'a1', owner: 'a1' }, 'allow'],
  ['agent.work', agent, { agent: 'w', owner: undefined }, 'deny'],
  ['repository.add', owner, { org: 'one', path: '/any' }, 'allow'],
  ['repository.add', agent, { org: 'one', path: '/own' }, 'allow'],
  ['repository.add', agent, { org: 'one', path: '/other' }, 'deny'],
  ['repository.add', ada, { org: 'one', path: '/any' }, 'deny'],
  ['repository.add', controller, { org: 'one', path: '/any' }, 'deny'],
  ['workspace.use', agent, { task: 'task-1' }, 'allow'],
  ['workspace.use', agent, { task: 'task-2' }, 'deny'],
  ['workspace.use', agent, { task: undefined }, 'deny'],
  ['workspace.use', ada, { task: 'task-2' }, 'allow'],
  ['workspace.use', ada, { task: undefined }, 'allow'],
  ['change.review', ada, { task: 'task-1' }, 'allow'],
  ['change.review', controller, { task: 'task-1' }, 'allow'],
  ['change.review', agent, { task: 'task-1' }, 'deny'],
]

test.each(rows)('%s for %o about %o: %s', (action, principal, subject, kind) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
