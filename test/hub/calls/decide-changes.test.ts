import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Action, Decision, Subjects } from '../../../servers/kit/authority.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const controller: Principal = {
  kind: 'service',
  id: 'controller-review',
  roles: ['controller'],
  orgs: ['*'],
}
const agent: Principal = {
  kind: 'agent',
  id: 'agent-1',
  roles: ['agent'],
  orgs: ['acme'],
  attempt: 'attempt-1',
  task: 'task-1',
  repo: '/code',
}
/** An agent whose task is to review a change of another one. */
const reviewer: Principal = { ...agent, reviews: 'chg-2' }
const ofTask = { change: 'chg-1', task: 'task-1' }
const ofOther = { change: 'chg-2', task: 'task-2' }

type Case = {
  [A in Action]: [Decision['kind'], string, Principal, A, Subjects[A]]
}[Action]

const cases: Case[] = [
  ['allow', 'a verdict of a person', dora, 'change.review', ofTask],
  ['allow', 'and of a controller', controller, 'change.review', ofTask],
  ['deny', 'not of the agent that made it', agent, 'change.review', ofTask],
  ['deny', 'nor of one with other work', agent, 'change.review', ofOther],
  ['allow', 'but of one that was set to review it', reviewer, 'change.review', ofOther],
  ['deny', 'that one only', reviewer, 'change.review', { ...ofOther, change: 'chg-3' }],
  ['deny', 'and never its own', { ...reviewer, task: 'task-2' }, 'change.review', ofOther],
  ['allow', 'a change is seen by people', dora, 'change.see', { ...ofOther, org: 'acme' }],
  ['deny', 'not by those of other orgs', dora, 'change.see', { ...ofOther, org: 'globex' }],
  ['allow', 'by the agent that made it', agent, 'change.see', { ...ofTask, org: 'acme' }],
  ['deny', 'by no other agent', agent, 'change.see', { ...ofOther, org: 'acme' }],
  ['allow', 'but by its reviewer', reviewer, 'change.see', { ...ofOther, org: 'acme' }],
  ['deny', 'in its own org', reviewer, 'change.see', { ...ofOther, org: 'globex' }],
  ['allow', 'people take in what others proposed', dora, 'change.import', { org: 'acme' }],
  ['deny', 'agents do not', agent, 'change.import', { org: 'acme' }],
  ['allow', 'an owner forces a merge', owner, 'change.force', { change: 'chg-1' }],
  ['deny', 'a developer does not', dora, 'change.force', { change: 'chg-1' }],
  ['deny', 'nor a controller', controller, 'change.force', { change: 'chg-1' }],
  ['allow', 'a controller goes on for others', controller, 'task.delegate', { of: 'task-1' }],
  ['deny', 'a person does not', owner, 'task.delegate', { of: 'task-1' }],
  ['deny', 'nor an agent', agent, 'task.delegate', { of: 'task-1' }],
]

test.each(cases)('%s: %s', (kind, _name, principal, action, subject) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
