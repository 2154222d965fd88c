import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Action, Decision, Subjects } from '../../../servers/kit/authority.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const ada: Principal = { kind: 'user', id: 'ada', roles: ['developer'], orgs: ['one'] }
const controller: Principal = { kind: 'service', id: 'hub', roles: ['controller'], orgs: ['*'] }
const agent: Principal = { ...ada, kind: 'agent', id: 'a1', roles: ['agent'], task: 'task-1' }

const isolated = {
  cluster: 'c',
  isolation: 'userns',
  reason: 'tried',
  allowUnisolated: false,
} as const
const open = { cluster: 'c', isolation: 'none', reason: 'why', allowUnisolated: true } as const
const closed = { ...open, allowUnisolated: false } as const

type Row = { [A in Action]: [A, Principal, Subjects[A], Decision['kind']] }[Action]
const rows: Row[] = [
  ['pod.start', ada, isolated, 'allow'],
  ['pod.start', controller, { ...isolated, submitter: 'unknown' }, 'allow'],
  ['pod.start', owner, closed, 'deny'],
  ['pod.start', owner, open, 'allow'],
  ['pod.start', ada, open, 'deny'],
  ['pod.start', agent, open, 'deny'],
  ['pod.start', owner, { ...open, submitter: owner }, 'allow'],
  ['pod.start', owner, { ...open, submitter: ada }, 'deny'],
  ['pod.start', ada, { ...open, submitter: owner }, 'deny'],
  ['pod.start', controller, { ...open, submitter: owner }, 'allow'],
  ['pod.start', controller, { ...closed, submitter: owner }, 'deny'],
  ['pod.start', controller, { ...open, submitter: ada }, 'deny'],
  ['pod.start', controller, { ...open, submitter: 'unknown' }, 'deny'],
  ['pod.start', controller, open, 'deny'],
]

test.each(rows)('%s for %o about %o: %s', (action, principal, subject, kind) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
