import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Action, Decision, Subjects } from '../../../servers/kit/authority.ts'

const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const peer: Principal = { kind: 'hub', id: 'hub:lab', roles: ['developer'], orgs: ['acme'] }
const agent: Principal = { kind: 'agent', id: 'agent-1', roles: ['agent'], orgs: ['acme'] }

type Case = {
  [A in Action]: [Decision['kind'], string, Principal, A, Subjects[A]]
}[Action]

const checklist = { document: 'checklists/ux.md' }

const cases: Case[] = [
  ['allow', 'a person who reviews', dora, 'checklist.change', checklist],
  ['allow', 'a person of another hub', peer, 'checklist.change', checklist],
  ['deny', 'an agent', agent, 'checklist.change', checklist],
]

test.each(cases)('%s: %s', (kind, _what, principal, action, subject) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
