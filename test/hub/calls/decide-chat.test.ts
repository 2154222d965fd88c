import { expect, test } from 'vitest'
import { decide } from '../../../hub/calls/decide.ts'
import type { Principal } from '../../../schemas/principal.ts'
import type { Subjects } from '../../../servers/kit/authority.ts'

const owner: Principal = { kind: 'user', id: 'owner', roles: ['owner'], orgs: ['*'] }
const dora: Principal = { kind: 'user', id: 'dora', roles: ['developer'], orgs: ['acme'] }
const agent: Principal = { kind: 'agent', id: 'dora', roles: ['agent'], orgs: ['acme'] }
const chat = { conversation: 'chat-1', org: 'acme' }
const assistant: Principal = { ...owner, chat: { ...chat, by: 'assistant' } }
const typing: Principal = { ...owner, chat: { ...chat, by: 'person' } }

const tool = (name: string, more: Partial<Subjects['tool.call']> = {}): Subjects['tool.call'] => ({
  name,
  scope: 'task:write',
  lease: 'none',
  approvals: [],
  ...more,
})
const destroy = { effect: 'destroy' } as const
const only = { allow: ['task_*'], deny: ['task_cancel'] }

test.each([
  ['allow', 'who began it', dora, { org: 'acme', owner: 'dora' }],
  ['deny', 'an owner of the hub', owner, { org: 'acme', owner: 'dora' }],
  ['deny', 'an agent of that name', agent, { org: 'acme', owner: 'dora' }],
  ['deny', 'who left the org', dora, { org: 'other', owner: 'dora' }],
] as const)('%s a conversation to %s', (kind, _who, principal, subject) => {
  expect(decide(principal, 'chat.use', subject).kind).toBe(kind)
})

test.each([
  ['allow', 'what the person may', assistant, tool('task_submit')],
  [
    'deny',
    'what the person may not',
    { ...assistant, roles: ['viewer' as const] },
    tool('task_submit'),
  ],
  [
    'deny',
    'an answer to a question',
    assistant,
    tool('approval_decide', { scope: 'approval:decide' }),
  ],
  [
    'allow',
    'an answer that the person types',
    typing,
    tool('approval_decide', { scope: 'approval:decide' }),
  ],
  ['deny', 'a secret', assistant, tool('token_create', { scope: 'admin' })],
  ['deny', 'a secret, typed', typing, tool('token_create', { scope: 'admin' })],
  ['allow', 'a secret, elsewhere', owner, tool('token_create', { scope: 'admin' })],
  ['ask', 'destruction', assistant, tool('pod_delete', destroy)],
  ['allow', 'destruction, typed', typing, tool('pod_delete', destroy)],
  [
    'allow',
    'destruction, where a rule lets it',
    assistant,
    tool('pod_delete', { ...destroy, approvals: [{ tool: 'pod_delete', decision: 'allow' }] }),
  ],
  ['allow', 'what its org names', assistant, tool('task_submit', { chat: only })],
  ['deny', 'what it does not', assistant, tool('note_create', { chat: only })],
  ['deny', 'what it takes out', assistant, tool('task_cancel', { chat: only })],
  ['allow', 'looking for tools, always', assistant, tool('tool_search', { chat: only })],
  [
    'allow',
    'what is typed, whatever the assistant may',
    typing,
    tool('note_create', { chat: only }),
  ],
] as const)('%s the chat %s', (kind, _what, principal, subject) => {
  expect(decide(principal as Principal, 'tool.call', subject).kind).toBe(kind)
})
