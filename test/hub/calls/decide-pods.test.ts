import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Action, Decision, Subjects } from '../../../servers/kit/authority.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const controller: Principal = {
  kind: 'service',
  id: 'controller-lease',
  roles: ['controller'],
  orgs: ['*'],
}
const newAgent: Principal = { kind: 'agent', id: 'agent-1', roles: ['agent'], orgs: ['acme'] }
const agent: Principal = { ...newAgent, attempt: 'attempt-1', task: 'task-1', repo: '/code' }

const isolated = {
  cluster: 'local',
  isolation: 'userns',
  reason: 'tried',
  allowUnisolated: false,
} as const
const open = { ...isolated, isolation: 'none', allowUnisolated: true } as const
const closed = { ...open, allowUnisolated: false } as const

type Case = {
  [A in Action]: [Decision['kind'], string, Principal, A, Subjects[A]]
}[Action]

const cases: Case[] = [
  ['allow', 'work of a developer, isolated', dora, 'pod.start', isolated],
  [
    'allow',
    'on a cluster of the org',
    dora,
    'pod.start',
    { ...isolated, org: 'acme', orgs: ['acme'] },
  ],
  [
    'deny',
    'on that of another org',
    owner,
    'pod.start',
    { ...isolated, org: 'acme', orgs: ['other'] },
  ],
  [
    'allow',
    'and of whoever submitted',
    controller,
    'pod.start',
    { ...isolated, submitter: 'unknown' },
  ],
  ['deny', 'unisolated where nobody accepted that', owner, 'pod.start', closed],
  ['allow', 'by an owner where it was accepted', owner, 'pod.start', open],
  ['deny', 'not by a developer', dora, 'pod.start', open],
  ['deny', 'nor an agent', agent, 'pod.start', open],
  ['allow', 'an owner for an owner', owner, 'pod.start', { ...open, submitter: owner }],
  ['deny', 'not for a developer', owner, 'pod.start', { ...open, submitter: dora }],
  ['deny', 'nor a developer for an owner', dora, 'pod.start', { ...open, submitter: owner }],
  ['allow', 'a controller for an owner', controller, 'pod.start', { ...open, submitter: owner }],
  ['deny', 'where it was accepted', controller, 'pod.start', { ...closed, submitter: owner }],
  ['deny', 'not for a developer', controller, 'pod.start', { ...open, submitter: dora }],
  ['deny', 'nor for nobody knows whom', controller, 'pod.start', { ...open, submitter: 'unknown' }],
  ['deny', 'and never by itself', controller, 'pod.start', open],
]

test.each(cases)('%s: %s', (kind, _why, principal, action, subject) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
