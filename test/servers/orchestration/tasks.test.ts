import { expect, test } from 'vitest'
import type { Granted } from '../../../agent/lease.ts'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const submit = (hub: TestHub, extra: Record<string, unknown> = {}) =>
  hub.call<Task>('task_submit', { template: 'command', command: 'true', ...extra })

const claim = async (hub: TestHub, agent = 'worker-one', extra: Record<string, unknown> = {}) =>
  (await hub.call<{ lease?: Granted }>('task_claim', { agent, ...extra })).lease

const idleAgents = async (hub: TestHub) =>
  (await hub.call<{ items: unknown[] }>('agent_list', { state: 'idle' })).items.length

const done = { outcome: 'succeeded', result: { summary: 'done' } }

test('a task goes from submit to success, and every step is an event and an audit row', async () => {
  const hub = await startHub()
  const { id } = await submit(hub)
  const lease = (await claim(hub))!
  expect(lease.task).toMatchObject({ id, state: 'leased', attempts: 1 })
  const agent = hub.client.withToken(lease.token)
  await agent.call('task_heartbeat', { task: id, fence: lease.fence })
  await agent.call('task_report', { task: id, fence: lease.fence, ...done })
  const { items } = await hub.call<{ items: { kind: string }[] }>('event_list', {
    after: 0,
    task: id,
  })
  expect(items.map((event) => event.kind).filter((kind) => kind.startsWith('task.'))).toEqual([
    'task.queued',
    'task.leased',
    'task.running',
    'task.succeeded',
  ])
  const audit = await hub.call<{ items: { tool: string; outcome: string }[] }>('audit_list', {
    subject: id,
  })
  expect(audit.items.map((row) => row.tool)).toEqual([
    'task_report',
    'task_heartbeat',
    'task_claim',
    'task_submit',
  ])
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
})

test('the same idempotency key returns the same task, and another request under it is refused', async () => {
  const hub = await startHub()
  const key = { idempotency_key: 'once' }
  const [first, second] = await Promise.all([submit(hub, key), submit(hub, key)])
  expect(second.id).toBe(first.id)
  expect(await failure(submit(hub, { ...key, command: 'false' }))).toMatchObject({
    code: 'conflict',
  })
})

test('many claims at once hand a task to exactly one agent', async () => {
  const hub = await startHub()
  await submit(hub)
  const leases = await Promise.all(
    Array.from({ length: 20 }, (_, index) => claim(hub, `worker-${index}`)),
  )
  expect(leases.filter(Boolean)).toHaveLength(1)
})

test('claiming again returns the lease the agent already holds', async () => {
  const hub = await startHub()
  await submit(hub)
  await submit(hub)
  const [first, again] = [await claim(hub), await claim(hub)]
  expect(again?.attempt).toBe(first?.attempt)
})

test('an idle claim is woken by a submit', async () => {
  const hub = await startHub()
  const waiting = claim(hub, 'worker-one', { wait_ms: 10_000 })
  await until(async () => (await idleAgents(hub)) === 1)
  const { id } = await submit(hub)
  expect((await waiting)?.task.id).toBe(id)
})

test('a report may be sent twice; a different one afterwards is refused', async () => {
  const hub = await startHub()
  const { id } = await submit(hub)
  const lease = (await claim(hub))!
  const agent = hub.client.withToken(lease.token)
  const report = { task: id, fence: lease.fence, ...done }
  await agent.call('task_report', report)
  expect(await agent.call('task_report', report)).toMatchObject({ state: 'succeeded' })
  expect(
    await failure(agent.call('task_report', { ...report, result: { summary: 'other' } })),
  ).toMatchObject({ code: 'conflict' })
  expect(
    await failure(agent.call('task_heartbeat', { task: id, fence: lease.fence })),
  ).toMatchObject({ code: 'denied' })
})

test('a retryable failure is queued again with a pause, and fails for good when attempts run out', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  const { id } = await submit(hub, { max_attempts: 2 })
  const failed = {
    outcome: 'failed',
    failure: { code: 'exit', message: 'no luck' },
    retryable: true,
  }
  const lease = (await claim(hub))!
  const again = await hub.call<Task>('task_report', { task: id, fence: lease.fence, ...failed })
  expect(again).toMatchObject({ state: 'queued', failure: { message: 'no luck' } })
  expect(again.notBeforeAt).toBeGreaterThan(again.updatedAt)
  expect(await claim(hub)).toBeUndefined()
  const waiting = claim(hub, 'worker-two', { wait_ms: 5000 })
  await until(async () => (await idleAgents(hub)) === 2)
  await clock.advance(again.notBeforeAt! - clock.now())
  const second = (await waiting)!
  expect(second.number).toBe(2)
  expect(await hub.call('task_report', { task: id, fence: second.fence, ...failed })).toMatchObject(
    { state: 'failed' },
  )
})

test('a task that succeeded shows no failure of an earlier attempt', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  const { id: task } = await submit(hub, { max_attempts: 2 })
  const { fence } = (await claim(hub))!
  const failure = { code: 'exit', message: 'no luck' }
  await hub.call('task_report', { task, fence, outcome: 'failed', failure, retryable: true })
  await hub.call('task_retry', { task })
  const second = (await claim(hub))!
  const done = { outcome: 'succeeded', result: { summary: 'luck' } }
  const ended = await hub.call<Task>('task_report', { task, fence: second.fence, ...done })
  expect(ended).toMatchObject({ state: 'succeeded' })
  expect(ended.failure).toBeUndefined()
})

test('cancel is final and takes the lease away', async () => {
  const hub = await startHub()
  const { id } = await submit(hub)
  const lease = (await claim(hub))!
  expect(await hub.call('task_cancel', { task: id })).toMatchObject({ state: 'canceled' })
  expect(await hub.call('task_cancel', { task: id })).toMatchObject({ state: 'canceled' })
  expect(
    await failure(hub.call('task_report', { task: id, fence: lease.fence, ...done })),
  ).toMatchObject({ code: 'conflict' })
  const copy = await hub.call<Task>('task_retry', { task: id })
  expect(copy).toMatchObject({ state: 'queued', retryOf: id })
  expect(copy.id).not.toBe(id)
})

test('task_wait returns when the task is settled', async () => {
  const hub = await startHub()
  const { id } = await submit(hub)
  const waiting = hub.call<{ task: Task; settled: boolean }>('task_wait', {
    task: id,
    wait_ms: 10_000,
  })
  const lease = (await claim(hub))!
  await hub.call('task_report', { task: id, fence: lease.fence, ...done })
  expect(await waiting).toMatchObject({ settled: true, task: { state: 'succeeded' } })
})

test('task_wait ends when its time is over, under the older name of wait_ms too', async () => {
  const hub = await startHub()
  const { id } = await submit(hub)
  for (const waits of [{ wait_ms: 0 }, { timeout_ms: 0 }])
    expect(await hub.call('task_wait', { task: id, ...waits })).toMatchObject({ settled: false })
  expect(
    await failure(hub.call('task_wait', { task: id, wait_ms: 0, timeout_ms: 0 })),
  ).toMatchObject({ code: 'invalid' })
})

test('a message reaches the agent with its next heartbeat, once', async () => {
  const hub = await startHub()
  const { id } = await submit(hub)
  const { fence } = (await claim(hub))!
  const { message } = await hub.call<{ message: number }>('task_message', {
    task: id,
    body: 'Leave the tests alone.',
  })
  const beat = (messages_after: number) =>
    hub.call<{ messages: unknown[] }>('task_heartbeat', { task: id, fence, messages_after })
  expect((await beat(0)).messages).toEqual([
    { seq: message, author: 'owner', body: 'Leave the tests alone.', interrupt: false },
  ])
  expect((await beat(message)).messages).toEqual([])
})

test('a message is refused to viewers, and for a task that nobody works on any more', async () => {
  const hub = await startHub()
  const { id } = await submit(hub)
  const message = { task: id, body: 'Hurry.' }
  const viewer = await hub.as('eve', 'viewer')
  expect(await failure(viewer.call('task_message', message))).toMatchObject({ code: 'denied' })
  await hub.call('task_cancel', { task: id })
  expect(await failure(hub.call('task_message', message))).toMatchObject({ code: 'conflict' })
})

test('a name under which another credential works is refused, and so is its lease', async () => {
  const hub = await startHub()
  await submit(hub)
  await claim(hub)
  const other = await hub.as('bob', 'worker')
  expect(await failure(other.call('task_claim', { agent: 'worker-one' }))).toMatchObject({
    code: 'denied',
    message: 'the agent name worker-one belongs to another credential',
  })
})

test('nothing crosses orgs', async () => {
  const hub = await startHub()
  const [acme, other] = [
    await hub.as('ann', 'developer', ['acme']),
    await hub.as('bob', 'developer', ['other']),
  ]
  const task = await acme.call<Task>('task_submit', { template: 'command', command: 'true' })
  expect(task.org).toBe('acme')
  expect(await failure(other.call('task_read', { task: task.id }))).toMatchObject({
    code: 'not_found',
  })
  expect(await failure(other.call('task_log', { task: task.id }))).toMatchObject({
    code: 'not_found',
  })
  expect(
    await failure(other.call('task_submit', { template: 'command', command: 'true', org: 'acme' })),
  ).toMatchObject({ code: 'denied' })
  expect((await other.call<{ items: Task[] }>('task_list')).items).toEqual([])
  expect((await other.call<{ items: unknown[] }>('event_list', { after: 0 })).items).toEqual([])
})
