import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { ApprovalGrant } from '../../../schemas/approval.ts'
import type { ApprovalRule } from '../../../schemas/config.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Decision, Subjects } from '../../../servers/kit/authority.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const agent: Principal = {
  kind: 'agent',
  id: 'agent-1',
  roles: ['agent'],
  orgs: ['acme'],
  attempt: 'attempt-1',
  task: 'task-1',
}

type Case = {
  [A in 'tool.call' | 'approval.answer']: [Decision['kind'], string, Principal, A, Subjects[A]]
}['tool.call' | 'approval.answer']

const tool = (
  name: string,
  scope: Subjects['tool.call']['scope'],
  more: Partial<Subjects['tool.call']> = {},
): Subjects['tool.call'] => ({ name, scope, lease: 'none', approvals: [], ...more })
const approvals = (...rules: Partial<ApprovalRule>[]): ApprovalRule[] =>
  rules.map((rule) => ({ tool: '*', decision: 'ask', ...rule }))
const grants = (grant: Partial<ApprovalGrant>): ApprovalGrant[] => [
  {
    id: 'grant-1',
    org: 'acme',
    tool: 'pod_delete',
    kind: 'user',
    approval: 'approval-1',
    givenBy: 'owner',
    givenAt: 1,
    ...grant,
  },
]
const answer = (
  askedBy: string,
  more: Partial<Subjects['approval.answer']> = {},
): Subjects['approval.answer'] => ({
  kind: 'call',
  decision: 'approve',
  askedBy,
  selfApproval: true,
  ...more,
})
const held = { effect: 'destroy', approvals: approvals({ effect: 'destroy' }) } as const
const upstream = { lease: 'live', granted: true } as const
const destroy = { effect: 'destroy' } as const

const cases: Case[] = [
  [
    'ask',
    'an agent that destroys, without any rule',
    agent,
    'tool.call',
    tool('up_drop', 'upstream:use', { ...upstream, effect: 'destroy' }),
  ],
  [
    'allow',
    'not one of which that is not known',
    agent,
    'tool.call',
    tool('up_x', 'upstream:use', upstream),
  ],
  [
    'allow',
    'nor a person who destroys',
    dora,
    'tool.call',
    tool('note_delete', 'note:write', destroy),
  ],
  [
    'allow',
    'nor where a rule lets agents destroy',
    agent,
    'tool.call',
    tool('up_drop', 'upstream:use', {
      ...upstream,
      effect: 'destroy',
      approvals: approvals({ tool: 'up_*', kind: 'agent', decision: 'allow' }),
    }),
  ],
  [
    'deny',
    'what a rule refuses',
    dora,
    'tool.call',
    tool('task_submit', 'task:write', { approvals: approvals({ decision: 'deny' }) }),
  ],
  [
    'allow',
    'the first rule that matches decides',
    dora,
    'tool.call',
    tool('task_submit', 'task:write', {
      approvals: approvals({ tool: 'task_*', decision: 'allow' }, { decision: 'deny' }),
    }),
  ],
  [
    'allow',
    'no rule refuses what carries a task on',
    agent,
    'tool.call',
    tool('task_report', 'task:work', {
      lease: 'live',
      approvals: approvals({ decision: 'deny' }),
    }),
  ],
  [
    'allow',
    'what a standing yes covers',
    dora,
    'tool.call',
    tool('pod_delete', 'task:write', { ...held, grants: grants({ principal: 'dora' }) }),
  ],
  [
    'ask',
    'not for somebody else',
    dora,
    'tool.call',
    tool('pod_delete', 'task:write', { ...held, grants: grants({ principal: 'max' }) }),
  ],
  [
    'ask',
    'nor another tool',
    dora,
    'tool.call',
    tool('pod_exec', 'task:write', { ...held, grants: grants({}) }),
  ],
  [
    'ask',
    'nor another kind of caller',
    dora,
    'tool.call',
    tool('pod_delete', 'task:write', { ...held, grants: grants({ kind: 'agent' }) }),
  ],
  [
    'ask',
    'nor another org',
    dora,
    'tool.call',
    tool('pod_delete', 'task:write', { ...held, grants: grants({ org: 'globex' }) }),
  ],
  [
    'allow',
    'a yes for a task, in that task',
    agent,
    'tool.call',
    tool('up_drop', 'upstream:use', {
      ...upstream,
      effect: 'destroy',
      grants: grants({ tool: 'up_drop', kind: 'agent', task: 'task-1' }),
    }),
  ],
  [
    'ask',
    'not in another',
    agent,
    'tool.call',
    tool('up_drop', 'upstream:use', {
      ...upstream,
      effect: 'destroy',
      grants: grants({ tool: 'up_drop', kind: 'agent', task: 'task-2' }),
    }),
  ],
  [
    'deny',
    'and a standing yes opens nothing that a rule refuses',
    dora,
    'tool.call',
    tool('pod_delete', 'task:write', {
      effect: 'destroy',
      approvals: approvals({ decision: 'deny' }),
      grants: grants({}),
    }),
  ],
  ['allow', 'an answer to a call of somebody else', dora, 'approval.answer', answer('max')],
  ['deny', 'a yes to a call of her own', dora, 'approval.answer', answer('dora')],
  ['allow', 'a no to it', dora, 'approval.answer', answer('dora', { decision: 'deny' })],
  [
    'allow',
    'a yes to a question of her own',
    dora,
    'approval.answer',
    answer('dora', { kind: 'question' }),
  ],
  ['allow', 'an owner to a call of his own', owner, 'approval.answer', answer('owner')],
  [
    'deny',
    'not where his org wants somebody else',
    owner,
    'approval.answer',
    answer('owner', { selfApproval: false }),
  ],
  ['deny', 'an agent, whatever it is', agent, 'approval.answer', answer('max')],
]

test.each(cases)('%s: %s', (kind, _why, principal, action, subject) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
