import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Granted } from '../../../agent/lease.ts'
import type { Task } from '../../../schemas/task.ts'
import { laneOf, needsOf } from '../../../servers/kit/needs.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { makeRepo } from '../../helpers/repo.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const minute = 60_000

const submit = async (hub: TestHub, more: Record<string, unknown> = {}) =>
  (await hub.call<Task>('task_submit', { template: 'command', command: 'true', ...more })).id
const claim = async (hub: TestHub, agent: string, more: Record<string, unknown> = {}) =>
  (await hub.call<{ lease?: Granted }>('task_claim', { agent, ...more })).lease?.task.id

test('a task ages by a point of priority a minute, so none waits for ever', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  const low = await submit(hub)
  await clock.advance(9 * minute)
  const tooLate = await submit(hub, { priority: 9 })
  const high = await submit(hub, { priority: 10 })
  const highest = await submit(hub, { priority: 100 })
  const order = []
  for (let agent = 0; agent < 4; agent++) order.push(await claim(hub, `worker-${agent}`))
  expect(order).toEqual([highest, high, low, tooLate])
})

test('an agent gets what it offers the tags, the runner and the isolation for, in the order of the queue', async () => {
  const data = makeFolder('runners')
  const runners = { opencode: { command: 'opencode', args: ['acp'] } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ runners }))
  const hub = await startHub({ data })
  const work = { template: 'code', repo: await makeRepo(), goal: 'Add up.', command: undefined }
  const gpu = await submit(hub, { requirements: { tags: ['gpu', 'big'] }, priority: 5 })
  const runner = await submit(hub, { ...work, requirements: { runner: 'opencode' } })
  const kept = await submit(hub, { isolation: 'userns' })
  const plain = await submit(hub)
  expect(await claim(hub, 'worker-1', { tags: ['gpu'] })).toBe(plain)
  expect(await claim(hub, 'worker-2')).toBeUndefined()
  expect(await claim(hub, 'worker-3', { isolation: 'bwrap' })).toBe(kept)
  const both = { tags: ['big', 'gpu', 'more'], runners: ['loop', 'opencode'] }
  expect(await claim(hub, 'worker-4', both)).toBe(gpu)
  expect(await claim(hub, 'worker-5', both)).toBe(runner)
  expect(await hub.call('agent_read', { agent: 'worker-5' })).toMatchObject(both)
})

test('a task that names an agent goes to that one, and to no other that asks for it', async () => {
  const hub = await startHub()
  const task = await submit(hub, { requirements: { agent: 'worker-ann' } })
  expect(await claim(hub, 'worker-bob')).toBeUndefined()
  expect(await failure(claim(hub, 'worker-bob', { task }))).toMatchObject({
    code: 'conflict',
    message: `worker-bob does not suit task ${task}: the task is for the agent worker-ann`,
  })
  expect(await claim(hub, 'worker-ann')).toBe(task)
})

test('an org queues as many tasks as it may, and is told what to do', async () => {
  const data = makeFolder('quota')
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ orgs: { acme: { maxQueued: 2 } } }))
  const hub = await startHub({ data })
  const first = await submit(hub, { org: 'acme', idempotency_key: 'one' })
  await submit(hub, { org: 'acme' })
  const refused = { code: 'exhausted', message: 'the org acme has 2 tasks queued, and may have 2' }
  expect(await failure(submit(hub, { org: 'acme' }))).toMatchObject(refused)
  expect(await submit(hub, { org: 'acme', idempotency_key: 'one' })).toBe(first)
  await hub.call('task_cancel', { task: first })
  expect(await submit(hub, { org: 'acme' })).toBeTruthy()
  expect(await failure(hub.call('task_retry', { task: first }))).toMatchObject(refused)
  expect(await submit(hub)).toBeTruthy()
})

test('an agent that waits wakes for what it can take', async () => {
  const hub = await startHub()
  const waiting = claim(hub, 'worker-1', { tags: ['gpu'], wait_ms: 20_000 })
  await until(
    async () =>
      (await hub.call<{ items: unknown[] }>('agent_list', { state: 'idle' })).items.length > 0,
  )
  await submit(hub, { requirements: { tags: ['tpu'] } })
  const task = await submit(hub, { requirements: { tags: ['gpu'] } })
  expect(await waiting).toBe(task)
})

test('equal needs are one lane, and what everybody offers is none', () => {
  expect(laneOf({})).toBe('')
  expect(laneOf({ tags: [], runner: 'loop', isolation: 'none', fallback: false })).toBe('')
  expect(laneOf({ tags: ['b', 'a', 'b'] })).toBe(laneOf({ tags: ['a', 'b'] }))
  const needs = {
    tags: ['a'],
    runner: 'x',
    isolation: 'bwrap',
    hub: 'bob',
    fallback: false,
  } as const
  expect(needsOf(laneOf({ ...needs, tags: ['a'] }))).toEqual(needs)
})
