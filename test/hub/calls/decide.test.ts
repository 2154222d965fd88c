import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { ApprovalRule } from '../../../schemas/config.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Action, Decision, Subjects } from '../../../servers/kit/authority.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const vera: Principal = { kind: 'user', id: 'vera', roles: ['viewer'], orgs: ['acme'] }
const peer: Principal = { kind: 'hub', id: 'hub:lab', roles: ['developer'], orgs: ['acme'] }
const controller: Principal = {
  kind: 'service',
  id: 'controller-lease',
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
  scope: Subjects['tool.call']['scope'],
  more: Partial<Subjects['tool.call']> = {},
): Subjects['tool.call'] => ({ name, scope, lease: 'none', approvals: [], ...more })
const approvals = (rule: Partial<ApprovalRule>): ApprovalRule[] => [
  { tool: '*', decision: 'ask', ...rule },
]
const destroy = { effect: 'destroy' } as const

const w1 = { agent: 'w1', owner: undefined, isTaken: false }

const cases: Case[] = [
  ['allow', 'an owner', owner, 'template.trust', { org: 'acme', repo: '/code' }],
  ['deny', 'a developer', dora, 'template.trust', { org: 'acme', repo: '/code' }],
  ['deny', 'a controller, no person', controller, 'template.trust', { org: 'acme', repo: '/code' }],
  [
    'deny',
    'an owner of another org',
    { ...owner, orgs: ['other'] },
    'template.trust',
    { org: 'acme', repo: '/code' },
  ],
  ['allow', 'an owner', owner, 'cluster.change', { cluster: 'kube' }],
  ['deny', 'a developer', dora, 'cluster.change', { cluster: 'kube' }],
  ['deny', 'a controller, no person', controller, 'cluster.change', { cluster: 'kube' }],
  [
    'deny',
    'an agent with the role of an owner',
    { ...agent, roles: ['owner'] },
    'cluster.change',
    { cluster: 'kube' },
  ],
  ['deny', 'a peer', { ...peer, roles: ['owner'] }, 'cluster.change', { cluster: 'kube' }],
  ['allow', "a maintainer's verdict", controller, 'verdict.import', { isMaintainer: true }],
  ['deny', 'that of a stranger', controller, 'verdict.import', { isMaintainer: false }],
  ['deny', 'of whom an agent says it', agent, 'verdict.import', { isMaintainer: true }],
  ['allow', 'a role with the scope', dora, 'tool.call', tool('task_submit', 'task:write')],
  ['deny', 'a role without it', vera, 'tool.call', tool('task_submit', 'task:write')],
  ['deny', 'an owner, what controllers do', owner, 'tool.call', tool('task_reap', 'system')],
  [
    'allow',
    'an agent before its lease claims',
    newAgent,
    'tool.call',
    tool('task_claim', 'task:work'),
  ],
  ['deny', 'and nothing else', newAgent, 'tool.call', tool('task_read', 'task:read')],
  [
    'allow',
    'an agent with a lease',
    agent,
    'tool.call',
    tool('task_read', 'task:read', { lease: 'live' }),
  ],
  ['deny', 'not after it', agent, 'tool.call', tool('task_read', 'task:read', { lease: 'ended' })],
  [
    'allow',
    'but to report',
    agent,
    'tool.call',
    tool('task_report', 'task:work', { lease: 'ended' }),
  ],
  [
    'deny',
    "an agent and others' servers",
    agent,
    'tool.call',
    tool('up_x', 'upstream:use', { lease: 'live' }),
  ],
  [
    'allow',
    'unless its org granted that one',
    agent,
    'tool.call',
    tool('up_x', 'upstream:use', { lease: 'live', granted: true }),
  ],
  ['deny', 'a peer goes no further', peer, 'tool.call', tool('up_x', 'upstream:use')],
  [
    'ask',
    'what a rule holds',
    dora,
    'tool.call',
    tool('pod_delete', 'task:write', { ...destroy, approvals: approvals(destroy) }),
  ],
  [
    'allow',
    'not other effects',
    dora,
    'tool.call',
    tool('pod_run', 'task:write', { effect: 'create', approvals: approvals(destroy) }),
  ],
  [
    'allow',
    'not other tools',
    dora,
    'tool.call',
    tool('pod_run', 'task:write', { approvals: approvals({ tool: 'pod_d*' }) }),
  ],
  [
    'allow',
    'not other kinds',
    dora,
    'tool.call',
    tool('pod_run', 'task:write', { approvals: approvals({ kind: 'agent' }) }),
  ],
  [
    'allow',
    'not other orgs',
    dora,
    'tool.call',
    tool('pod_run', 'task:write', { approvals: approvals({ org: 'else' }) }),
  ],
  [
    'allow',
    'no reads unless named',
    dora,
    'tool.call',
    tool('task_read', 'task:read', { effect: 'read', approvals: approvals({}) }),
  ],
  [
    'ask',
    'reads that are named',
    dora,
    'tool.call',
    tool('task_read', 'task:read', { effect: 'read', approvals: approvals({ effect: 'read' }) }),
  ],
  [
    'allow',
    'the answer itself never',
    dora,
    'tool.call',
    tool('approval_decide', 'approval:decide', { approvals: approvals({}) }),
  ],
  [
    'allow',
    'nor what carries a task on',
    agent,
    'tool.call',
    tool('task_report', 'task:work', { lease: 'live', approvals: approvals({}) }),
  ],
  [
    'allow',
    'nor the hub itself',
    controller,
    'tool.call',
    tool('task_reap', 'system', { approvals: approvals({}) }),
  ],
  [
    'deny',
    'denied is not asked',
    vera,
    'tool.call',
    tool('pod_delete', 'cluster:write', { approvals: approvals({}) }),
  ],
  [
    'allow',
    'shown what may be called',
    vera,
    'tool.list',
    { name: 'task_read', scope: 'task:read' },
  ],
  ['deny', 'and nothing else', vera, 'tool.list', { name: 'task_submit', scope: 'task:write' }],
  ['allow', 'its own org', dora, 'org.use', { org: 'acme' }],
  ['deny', 'no other', dora, 'org.use', { org: 'globex' }],
  ['allow', 'any for those of all', owner, 'org.use', { org: 'globex' }],
  ['deny', 'rows of other orgs', dora, 'row.see', { org: 'globex' }],
  ['allow', 'an agent its own task', agent, 'row.see', { org: 'acme', task: 'task-1' }],
  ['deny', 'no other task', agent, 'row.see', { org: 'acme', task: 'task-2' }],
  ['deny', 'no other repository', agent, 'row.see', { org: 'acme', repo: '/else' }],
  [
    'allow',
    'people all of their org',
    dora,
    'row.see',
    { org: 'acme', task: 'task-2', repo: '/else' },
  ],
  ['allow', 'a free agent name', dora, 'agent.work', w1],
  ['deny', 'a name of somebody else', dora, 'agent.work', { ...w1, owner: 'max' }],
  ['deny', 'a name of a person', dora, 'agent.work', { ...w1, isTaken: true }],
  ['deny', 'an agent under another name', agent, 'agent.work', { ...w1, agent: 'agent-2' }],
  ['deny', 'an agent rows of no task of its', agent, 'row.see', { org: 'acme', task: '' }],
  ['allow', 'a repository by an owner', owner, 'repository.add', { org: 'acme', path: '/any' }],
  ['allow', 'an agent its own', agent, 'repository.add', { org: 'acme', path: '/code' }],
  ['deny', 'no other', agent, 'repository.add', { org: 'acme', path: '/else' }],
  ['deny', 'nor a developer a new one', dora, 'repository.add', { org: 'acme', path: '/any' }],
  ['deny', 'nor a controller', controller, 'repository.add', { org: 'acme', path: '/any' }],
  [
    'allow',
    'a runner for all orgs',
    dora,
    'runner.use',
    { runner: 'r', org: 'b', orgs: undefined },
  ],
  ['allow', 'a runner for its org', dora, 'runner.use', { runner: 'r', org: 'b', orgs: ['b'] }],
  ['deny', 'nobody one for others', owner, 'runner.use', { runner: 'r', org: 'b', orgs: ['a'] }],
  ['deny', 'one that is for none', dora, 'runner.use', { runner: 'r', org: 'b', orgs: [] }],
  ['allow', 'the worktree of its task', agent, 'workspace.use', { task: 'task-1' }],
  ['deny', 'no other worktree', agent, 'workspace.use', { task: 'task-2' }],
  ['deny', 'nor branches of no task', agent, 'workspace.use', { task: undefined }],
  ['allow', 'people any worktree', dora, 'workspace.use', { task: 'task-2' }],
  ['allow', 'a push to the branch of its task', agent, 'workspace.push', { task: 'task-1' }],
  ['deny', 'none to another branch', agent, 'workspace.push', { task: 'task-2' }],
  ['deny', 'none before it holds a lease', newAgent, 'workspace.push', { task: 'task-1' }],
  ['deny', 'none by an owner', owner, 'workspace.push', { task: 'task-1' }],
  ['deny', 'none by a developer', dora, 'workspace.push', { task: 'task-1' }],
  ['deny', 'none by a controller', controller, 'workspace.push', { task: 'task-1' }],
  ['allow', 'a source by an owner', owner, 'source.add', { path: '/any', known: false }],
  ['allow', 'and by a controller', controller, 'source.add', { path: '/any', known: false }],
  ['deny', 'no new one by a developer', dora, 'source.add', { path: '/any', known: false }],
  ['allow', 'but what its org works on', dora, 'source.add', { path: '/code', known: true }],
  ['deny', 'none by an agent', agent, 'source.add', { path: '/code', known: false }],
  ['allow', 'a checklist by a person', dora, 'checklist.change', { document: 'checklists/ux.md' }],
  ['allow', 'or a peer', peer, 'checklist.change', { document: 'checklists/ux.md' }],
  ['deny', 'not by an agent', agent, 'checklist.change', { document: 'checklists/ux.md' }],
]

test.each(cases)('%s: %s', (kind, _why, principal, action, subject) => {
  expect(decide(principal, action, subject).kind).toBe(kind)
})
