import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import { failure, startHub } from '../helpers/hub.ts'
import { ask } from '../helpers/raw-mcp.ts'
import { makeRepo } from '../helpers/repo.ts'

test('a viewer neither sees nor may call what changes things, and the refusal is on record', async () => {
  const hub = await startHub()
  const viewer = await hub.as('vera', 'viewer')
  const shown = (await viewer.listTools<{ name: string }>()).map((tool) => tool.name)
  expect(shown).toContain('task_list')
  expect(shown).not.toContain('task_submit')
  expect(
    await failure(viewer.call('task_submit', { template: 'command', command: 'true' })),
  ).toMatchObject({ code: 'denied' })
  expect(await failure(viewer.call('task_reap'))).toMatchObject({ code: 'denied' })
  expect(await failure(viewer.call('token_create', { name: 'me', role: 'owner' }))).toMatchObject({
    code: 'denied',
  })
  const { items } = await hub.call<{ items: { tool: string; outcome: string }[] }>('audit_list', {
    principal: 'vera',
  })
  expect(items.filter((row) => row.outcome === 'denied').map((row) => row.tool)).toEqual([
    'token_create',
    'task_reap',
    'task_submit',
  ])
})

test('a revoked credential stops working at once', async () => {
  const hub = await startHub()
  const made = await hub.call<{ id: string; token: string }>('token_create', {
    name: 'bob',
    role: 'viewer',
  })
  const bob = hub.client.withToken(made.token)
  await bob.call('whoami')
  await hub.call('token_revoke', { id: made.id })
  expect(await failure(bob.call('whoami'))).toMatchObject({ code: 'unauthenticated' })
})

test('nobody is given the name of the owner, of the hub, or of somebody of other rights', async () => {
  const hub = await startHub()
  const make = (name: string, role: string, more: object = {}) =>
    hub.call<{ id: string }>('token_create', { name, role, ...more })
  for (const name of ['owner', 'controller-budgets', 'sign-in', 'agent-pod-1'])
    expect(await failure(make(name, 'developer')), name).toMatchObject({ code: 'conflict' })
  const { id } = await make('dora', 'developer')
  await make('dora', 'developer')
  expect(await failure(make('dora', 'owner'))).toMatchObject({
    code: 'conflict',
    message:
      'there is a credential for dora already, as developer in default, not as owner in default',
    hint: expect.stringContaining('token_revoke') as unknown,
  })
  expect(await failure(make('dora', 'developer', { orgs: ['acme'] }))).toMatchObject({
    code: 'conflict',
  })
  await make('max', 'viewer', { ttl_ms: 1000 })
  const { text } = await ask(hub, 'tools/call', { name: 'token_list', arguments: {} })
  expect(text).toContain('id | principal | roles | orgs | created | expires')
  expect(text).toMatch(new RegExp(`${id} \\| dora \\| developer \\| default \\| 2[^|]*Z \\| never`))
})

test('only an owner brings a new repository in; after that its org may use it', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const dev = await hub.as('dora', 'developer', ['default'])
  const submit = { template: 'ci', repo }
  expect(await failure(dev.call('task_submit', submit))).toMatchObject({ code: 'denied' })
  await hub.call('task_submit', submit)
  expect(await dev.call('task_submit', submit)).toMatchObject({ repo })
  const stranger = await hub.as('otto', 'developer', ['other'])
  expect(await failure(stranger.call('task_submit', submit))).toMatchObject({ code: 'denied' })
})

test("an agent's credential reaches its own task and repository, and nothing else", async () => {
  const hub = await startHub()
  const [own, other] = [await makeRepo(), await makeRepo()]
  const { id: task } = await hub.call<Task>('task_submit', {
    template: 'ci',
    repo: own,
    priority: 1,
  })
  const { id: foreign } = await hub.call<Task>('task_submit', { template: 'ci', repo: other })
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })
  const agent = hub.client.withToken(lease.token)
  expect(await agent.call('branch_create', { repo: own, task })).toMatchObject({ task })
  const refused: [string, Record<string, unknown>, string][] = [
    ['branch_create', { repo: other, task: foreign }, 'denied'],
    ['branch_create', { repo: other, branch: 'x' }, 'denied'],
    ['repo_diff', { repo: other, from: 'main', to: 'main' }, 'not_found'],
    ['task_read', { task: foreign }, 'not_found'],
    ['task_log', { task: foreign }, 'not_found'],
    ['task_submit', { template: 'ci', repo: other }, 'denied'],
    ['task_retry', { task }, 'denied'],
    ['change_merge', { change: 'x', expect_head: '0'.repeat(40) }, 'denied'],
    ['token_create', { name: 'me', role: 'owner' }, 'denied'],
    ['pod_run', { command: ['true'] }, 'denied'],
  ]
  for (const [tool, args, code] of refused) {
    expect(await failure(agent.call(tool, args)), tool).toMatchObject({ code })
  }
  expect((await agent.call<{ items: Task[] }>('task_list')).items.map((item) => item.id)).toEqual([
    task,
  ])
})

test("a worker cannot reach another's lease by taking its name", async () => {
  const hub = await startHub()
  await hub.call('task_submit', { template: 'command', command: 'true' })
  const [one, two] = [await hub.as('one', 'worker'), await hub.as('two', 'worker')]
  const claim = { agent: 'worker-shared' }
  const { lease } = await one.call<{ lease: Granted }>('task_claim', claim)
  expect(await failure(two.call('task_claim', claim))).toMatchObject({ code: 'denied' })
  const again = await one.call<{ lease: Granted }>('task_claim', claim)
  expect(again.lease.attempt).toBe(lease.attempt)
})

test('an agent takes the name of no person and of no part of the hub; a worker may have its own', async () => {
  const hub = await startHub()
  await hub.call('task_submit', { template: 'command', command: 'true' })
  const worker = await hub.as('walt', 'worker')
  await hub.as('vera', 'viewer')
  for (const agent of ['owner', 'vera', 'controller-lease', 'agent-pod-1'])
    expect(await failure(worker.call('task_claim', { agent })), agent).toMatchObject({
      code: 'denied',
      message: `the agent name ${agent} is that of a credential, or of the hub itself`,
    })
  for (const agent of ['owner', 'walt'])
    expect(await failure(hub.call('task_claim', { agent })), agent).toMatchObject({
      code: 'denied',
    })
  const { lease } = await worker.call<{ lease: Granted }>('task_claim', { agent: 'walt' })
  expect(lease.task.state).toBe('leased')
  await hub.call('task_submit', { template: 'command', command: 'true' })
  await worker.call('task_claim', { agent: 'robot-1' })
  expect(await failure(hub.as('robot-1', 'viewer'))).toMatchObject({
    code: 'conflict',
    message: 'an agent of walt is called robot-1',
  })
})

test('a worker that finds no work leaves nothing on record', async () => {
  const hub = await startHub()
  const worker = await hub.as('one', 'worker')
  const rows = async () => (await hub.call<{ items: unknown[] }>('audit_list')).items.length
  const before = await rows()
  await worker.call('task_claim', { agent: 'worker-idle', wait_ms: 0 })
  const registered = await rows()
  await worker.call('task_claim', { agent: 'worker-idle', wait_ms: 0 })
  expect(registered - before).toBeLessThanOrEqual(1)
  expect(await rows()).toBe(registered)
})
