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
  ['row.see', ada, { org: 'one', repo: '/other' }, 'allow'],
  ['row.see', ada, { org: 'two' }, 'deny'],
  ['row.see', agent, { org: 'one', repo: '/own' }, 'allow'],
  ['row.see', agent, { org: 'one', repo: '/other' }, 'deny'],
  ['row.see', agent, { org: 'one' }, 'allow'],
  ['source.add', owner, { path: '/any', known: false }, 'allow'],
  ['source.add', controller, { path: '/any', known: false }, 'allow'],
  ['source.add', ada, { path: '/any', known: false }, 'deny'],
  ['source.add', ada, { path: '/own', known: true }, 'allow'],
  ['source.add', agent, { path: '/own', known: false }, 'deny'],
]

test.each(rows)('%s for %o about %o: %s', (action, principal, subject, kind) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
