import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Decision, Subjects } from '../../../servers/kit/authority.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const vera: Principal = { kind: 'user', id: 'vera', roles: ['viewer'], orgs: ['acme'] }
const peer: Principal = { kind: 'hub', id: 'hub:lab', roles: ['developer'], orgs: ['acme'] }
const agent: Principal = { kind: 'agent', id: 'agent-1', roles: ['agent'], orgs: ['acme'] }
const controller: Principal = {
  kind: 'service',
  id: 'controller-dispatch',
  roles: ['controller'],
  orgs: ['*'],
}

const open = {
  cluster: 'local',
  isolation: 'none',
  reason: 'tried',
  allowUnisolated: true,
  isExplained: true,
} as const
const closed = { ...open, allowUnisolated: false } as const
const lab = { peer: 'lab', granted: false }
const granted = { peer: 'lab', granted: true }

type Case = {
  [A in 'pod.start' | 'peer.use']: [Decision['kind'], string, Principal, A, Subjects[A]]
}['pod.start' | 'peer.use']

const cases: Case[] = [
  ['allow', 'a controller asks for the room', controller, 'pod.start', open],
  ['deny', 'not where it is closed', controller, 'pod.start', closed],
  ['allow', "anybody asks about an owner's task", dora, 'pod.start', { ...open, submitter: owner }],
  ['deny', "and about a developer's", owner, 'pod.start', { ...open, submitter: dora }],
  ['deny', 'or about his own', dora, 'pod.start', open],
  ['allow', 'a peer for a developer', controller, 'peer.use', { ...lab, submitter: dora }],
  ['deny', 'not for a viewer', controller, 'peer.use', { ...lab, submitter: vera }],
  ['deny', 'nor for nobody knows whom', controller, 'peer.use', { ...lab, submitter: 'unknown' }],
  ['deny', 'nor for another peer', controller, 'peer.use', { ...lab, submitter: peer }],
  ['deny', 'nor for an agent', controller, 'peer.use', { ...lab, submitter: agent }],
  ['allow', 'unless that is granted', controller, 'peer.use', { ...granted, submitter: agent }],
  ['deny', 'to agents alone', controller, 'peer.use', { ...granted, submitter: vera }],
  ['allow', 'a peer for who asks', dora, 'peer.use', lab],
  ['deny', 'if he may', vera, 'peer.use', lab],
]

test.each(cases)('%s: %s', (kind, _why, principal, action, subject) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
