import { expect, test } from 'vitest'
import type { Principal } from '../../../schemas/principal.ts'
import type { Action, Subjects } from '../../../servers/kit/authority.ts'
import { decide } from '../../../hub/calls/decide.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const ann: Principal = { kind: 'user', id: 'ann', roles: ['developer'], orgs: ['acme'] }
const pod: Principal = {
  kind: 'agent',
  id: 'agent-pod-1',
  roles: ['agent'],
  orgs: ['acme'],
  task: 'task-1',
  attempt: 'attempt-1',
  repo: '/repo',
}

type Case = {
  [A in Action]: [A, 'allow' | 'deny', string, Principal, Subjects[A]]
}[Action]

const cases: Case[] = [
  ['agent.work', 'allow', 'a name nobody has', ann, { agent: 'w', owner: undefined }],
  ['agent.work', 'allow', 'a name of its own', ann, { agent: 'w', owner: 'ann' }],
  ['agent.work', 'deny', "another's name", ann, { agent: 'w', owner: 'bob' }],
  ['agent.work', 'deny', "another's name, as owner", owner, { agent: 'w', owner: 'bob' }],
  ['agent.work', 'allow', 'its own id', pod, { agent: 'agent-pod-1', owner: 'agent-pod-1' }],
  ['agent.work', 'deny', 'not its own id', pod, { agent: 'w', owner: undefined }],
  ['repo.submit', 'allow', 'known', ann, { org: 'acme', repo: '/repo', isKnown: true }],
  ['repo.submit', 'deny', 'new', ann, { org: 'acme', repo: '/repo', isKnown: false }],
  ['repo.submit', 'allow', 'new, by owner', owner, { org: 'acme', repo: '/r', isKnown: false }],
  ['row.see', 'allow', 'of its org', ann, { org: 'acme' }],
  ['row.see', 'deny', 'of another org', ann, { org: 'other' }],
  ['row.see', 'allow', 'its own task', pod, { org: 'acme', task: 'task-1' }],
  ['row.see', 'deny', 'another task', pod, { org: 'acme', task: 'task-2' }],
]

test.each(cases)('%s: %s %s', (action, kind, _what, principal, subject) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
