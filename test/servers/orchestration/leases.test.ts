import { expect, test } from 'vitest'
import type { Granted } from '../../../agent/lease.ts'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

async function claimed(hub: TestHub): Promise<Granted> {
  await hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  return (await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker-one' })).lease
}

const stateOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ task: Task }>('task_read', { task })).task.state

test('a stale fencing number changes nothing', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ leaseMs: 30_000, clock })
  const first = await claimed(hub)
  const { id } = first.task
  await clock.advance(30_000)
  await until(async () => (await stateOf(hub, id)) === 'queued')
  const { lease: second } = await hub.call<{ lease: Granted }>('task_claim', {
    agent: 'worker-two',
  })
  expect(second.fence).toBeGreaterThan(first.fence)
  const stale = { task: id, fence: first.fence }
  expect(await failure(hub.call('task_heartbeat', stale))).toMatchObject({ code: 'conflict' })
  expect(
    await failure(
      hub.call('task_report', { ...stale, outcome: 'succeeded', result: { summary: 'late' } }),
    ),
  ).toMatchObject({
    code: 'conflict',
  })
  const chunks = [{ stream: 'out', at: 1, data: 'late' }]
  expect(
    await failure(hub.call('task_log_append', { ...stale, position: 0, chunks })),
  ).toMatchObject({ code: 'conflict' })
  const old = hub.client.withToken(first.token)
  expect(await failure(old.call('task_heartbeat', stale))).toMatchObject({
    code: 'unauthenticated',
  })
  expect(await stateOf(hub, id)).toBe('leased')
})

test('a lease lasts as long as heartbeats come, and no longer', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ leaseMs: 30_000, clock })
  const { task, fence } = await claimed(hub)
  const beat = () => hub.call('task_heartbeat', { task: task.id, fence })
  for (let round = 0; round < 4; round++) {
    await clock.advance(20_000)
    await beat()
  }
  expect(await stateOf(hub, task.id)).toBe('running')
  await clock.advance(30_000)
  await until(async () => (await stateOf(hub, task.id)) === 'queued')
  expect(await failure(beat())).toMatchObject({ code: 'conflict' })
})

test('an agent that holds no lease is retired when it was silent for three minutes', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  const idle = hub.call('task_claim', { agent: 'worker-one', wait_ms: 1000 })
  const count = async () => (await hub.call<{ items: unknown[] }>('agent_list')).items.length
  await until(async () => (await count()) === 1)
  await clock.advance(1000)
  await idle
  await clock.advance(179_000)
  expect(await count()).toBe(1)
  await clock.advance(60_000)
  await until(async () => (await count()) === 0)
})

test('a lease that is handed back queues the task without counting a failure', async () => {
  const hub = await startHub()
  const { task, fence, token } = await claimed(hub)
  const agent = hub.client.withToken(token)
  const release = { task: task.id, fence, reason: 'the machine goes down' }
  expect(await agent.call('task_release', release)).toMatchObject({ state: 'queued', attempts: 1 })
  const read = await hub.call<{ attempts: object[] }>('task_read', { task: task.id })
  expect(read.attempts).toMatchObject([
    { state: 'released', failure: { message: 'the machine goes down' } },
  ])
  expect(await failure(agent.call('whoami'))).toMatchObject({ code: 'unauthenticated' })
})

test('a lease is handed back by a worker alone, and only under its own fencing number', async () => {
  const hub = await startHub()
  const { task, fence } = await claimed(hub)
  const release = { task: task.id, fence, reason: 'none' }
  const viewer = await hub.as('eve', 'viewer')
  expect(await failure(viewer.call('task_release', release))).toMatchObject({ code: 'denied' })
  expect(await failure(hub.call('task_release', { ...release, fence: fence + 1 }))).toMatchObject({
    code: 'conflict',
    details: { currentFence: fence },
  })
  expect(await stateOf(hub, task.id)).toBe('leased')
})
