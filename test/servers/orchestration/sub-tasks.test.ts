import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { HubClient } from '../../../agent/hub-client.ts'
import type { Granted } from '../../../agent/lease.ts'
import type { Task } from '../../../schemas/task.ts'
import { shareOf } from '../../../servers/orchestration/sub-tasks.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'

const command = { template: 'command', command: 'true' }

/** The credential of an agent at work on a task. */
async function agentOn(hub: TestHub, task: string): Promise<{ agent: HubClient; lease: Granted }> {
  const claim = { agent: `worker-${task.slice(-5)}`, task }
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', claim)
  return { agent: hub.client.withToken(lease.token), lease }
}
const submit = (by: { call: HubClient['call'] } | TestHub, extra: object = {}) =>
  by.call<Task>('task_submit', { ...command, ...extra })

test('an agent has a part of its task done by another, sees it and ends it', async () => {
  const hub = await startHub()
  const own = await submit(hub, { priority: 5 })
  const other = await submit(hub)
  const { agent } = await agentOn(hub, own.id)
  const child = await submit(agent, { reason: 'it can be done apart', priority: 50 })
  expect(child).toMatchObject({
    parent: own.id,
    depth: 1,
    priority: 5,
    provenance: { via: 'task', id: own.id, reason: 'it can be done apart' },
  })
  expect(await agent.call('task_list', { parent: own.id })).toMatchObject({
    items: [{ id: child.id }],
  })
  expect(await hub.call('task_read', { task: own.id })).toMatchObject({
    children: [{ id: child.id, state: 'queued' }],
  })
  await agent.call('task_wait', { task: child.id, wait_ms: 0 })
  await agent.call('task_log', { task: child.id })
  for (const task of [other.id, 'task-none'])
    for (const tool of ['task_read', 'task_cancel'])
      expect(await failure(agent.call(tool, { task }))).toMatchObject({ code: 'not_found' })
  expect(await failure(agent.call('task_cancel', { task: own.id }))).toMatchObject({
    code: 'denied',
    message: expect.stringContaining('its own task') as string,
  })
  expect(await agent.call('task_cancel', { task: child.id })).toMatchObject({ state: 'canceled' })
})

test('an agent does not speak for the agent of its part', async () => {
  const hub = await startHub()
  const own = await submit(hub)
  const { agent } = await agentOn(hub, own.id)
  const child = await submit(agent)
  const { lease } = await agentOn(hub, child.id)
  const bound = { task: child.id, fence: lease.fence }
  const calls: [string, object][] = [
    ['task_heartbeat', bound],
    ['task_report', { ...bound, outcome: 'succeeded', result: { summary: 'done' } }],
    ['task_release', { ...bound, reason: 'no' }],
    ['task_log_append', { ...bound, position: 0, chunks: [{ stream: 'out', at: 1, data: 'x' }] }],
    ['artifact_create', { ...bound, name: 'a', data: 'b' }],
    ['approval_request', { ...bound, question: 'May I?' }],
  ]
  for (const [tool, args] of calls)
    expect([tool, (await failure(agent.call(tool, { ...args }))).code]).toEqual([tool, 'not_found'])
  for (const tool of ['task_retry', 'task_message', 'plan_create'])
    expect((await failure(agent.call(tool, { task: child.id }))).code).toBe('denied')
})

test('a canceled task takes along all that it had others do', async () => {
  const hub = await startHub()
  const own = await submit(hub)
  const { agent } = await agentOn(hub, own.id)
  const child = await submit(agent)
  const below = await agentOn(hub, child.id)
  const grandchild = await submit(below.agent)
  await below.agent.call('task_report', {
    task: child.id,
    fence: below.lease.fence,
    outcome: 'succeeded',
    result: { summary: 'done' },
  })
  await hub.call('task_cancel', { task: own.id, reason: 'not needed' })
  const states = await Promise.all(
    [own, child, grandchild].map(async ({ id }) => {
      const { task } = await hub.call<{ task: Task }>('task_read', { task: id })
      return [task.state, task.failure?.message]
    }),
  )
  expect(states).toEqual([
    ['canceled', 'not needed'],
    ['succeeded', undefined],
    ['canceled', 'not needed'],
  ])
})

test('depth and number of parts are limited by the org, and a key makes one', async () => {
  const data = makeFolder('hub')
  const orgs = { default: { maxDepth: 1, maxChildren: 2 } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ orgs }))
  const hub = await startHub({ data })
  const own = await submit(hub)
  const { agent } = await agentOn(hub, own.id)
  const key = { idempotency_key: 'part' }
  const [first, again] = [await submit(agent, key), await submit(agent, key)]
  expect(again.id).toBe(first.id)
  await submit(agent)
  expect(await failure(submit(agent))).toMatchObject({
    code: 'exhausted',
    message: `${own.id} has submitted 2 tasks, and 2 is the limit`,
  })
  const below = await agentOn(hub, first.id)
  expect(await failure(submit(below.agent))).toMatchObject({
    code: 'exhausted',
    message: `${first.id} may not submit tasks: it is 1 deep, and 1 is the limit`,
  })
})

test('a part works on the repository of its task or on none, and says nothing of where it comes from', async () => {
  const hub = await startHub()
  const [repo, other] = [await makeRepo(), await makeRepo()]
  await submit(hub, { repo: other })
  const own = await submit(hub, { repo })
  const { agent } = await agentOn(hub, own.id)
  expect(await submit(agent, { repo })).toMatchObject({ repo })
  expect(await failure(submit(agent, { repo: other }))).toMatchObject({ code: 'denied' })
  const inputs = [{ task: own.id, title: '', summary: '', artifacts: [] }]
  expect(await failure(submit(agent, { inputs }))).toMatchObject({ code: 'denied' })
  const provenance = { via: 'trigger', id: 'nightly' }
  for (const caller of [agent, hub])
    expect(await failure(submit(caller, { provenance }))).toMatchObject({ code: 'denied' })
})

test('what a part may spend its task has no more', async () => {
  const hub = await startHub()
  const own = await submit(hub, { budget: { tokens: 1000, costUsd: 2 } })
  const { agent } = await agentOn(hub, own.id)
  const child = await submit(agent, { budget: { tokens: 300, steps: 5 } })
  expect(child.budget).toEqual({ tokens: 300, costUsd: 1, steps: 5 })
  const { task } = await hub.call<{ task: Task }>('task_read', { task: own.id })
  expect(task.budget).toEqual({ tokens: 700, costUsd: 1 })
  expect(await failure(submit(agent, { budget: { tokens: 700 } }))).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('may spend 700 (tokens)') as string,
  })
})

test.each([
  [{}, { steps: 5 }, { steps: 5 }, {}],
  [{ steps: 9 }, {}, { steps: 4 }, { steps: 5 }],
  [{ steps: 9 }, { steps: 8 }, { steps: 8 }, { steps: 1 }],
  [{ timeMs: 10_000 }, { timeMs: 4000 }, { timeMs: 4000 }, { timeMs: 6000 }],
])('of %j a part that asks for %j gets %j and leaves %j', (own, asked, given, left) => {
  expect(shareOf(own, asked)).toEqual({ given, left })
})

test.each([
  [{ steps: 1 }, {}],
  [{ steps: 9 }, { steps: 9 }],
  [{ timeMs: 1500 }, {}],
  [{ costUsd: 1 }, { costUsd: 1 }],
])('of %j there is nothing for a part that asks for %j', (own, asked) => {
  expect(() => shareOf(own, asked)).toThrow('does not leave enough')
})
