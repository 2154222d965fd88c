import { expect, onTestFinished, test } from 'vitest'
import type { Change } from '../../schemas/change.ts'
import type { Pod } from '../../schemas/cluster.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Attempt, Task } from '../../schemas/task.ts'
import { carrying, signalProcess } from '../../servers/cluster/drivers/processes.ts'
import { makeFolder } from '../helpers/folder.ts'
import { failure, until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { makeRepo } from '../helpers/repo.ts'

async function startProcessHub(args: string[] = []): Promise<ProcessHub> {
  const hub = new ProcessHub(makeFolder(), args)
  onTestFinished(async () => {
    await hub.stop()
  })
  await hub.start()
  return hub
}

const read = (hub: ProcessHub, task: string) =>
  hub.client().call<{ task: Task; attempts: Attempt[] }>('task_read', { task })

const logText = async (hub: ProcessHub, task: string) => {
  const { items } = await hub
    .client()
    .call<{ items: LogChunk[] }>('task_log', { task, max_bytes: 1_000_000 })
  return items.map((chunk) => chunk.data).join('')
}

test('an agent works on while the hub is killed and back, and nothing is done twice', async () => {
  const hub = await startProcessHub()
  const command = 'for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.3; done'
  const { id } = await hub.client().call<Task>('task_submit', { template: 'command', command })
  await until(async () => (await logText(hub, id)).includes('line 2'))
  await hub.kill()
  await hub.start()
  await until(async () => (await read(hub, id)).task.state === 'succeeded')
  const { attempts } = await read(hub, id)
  expect(attempts).toHaveLength(1)
  const lines = (await logText(hub, id)).match(/^line \d$/gm)
  expect(lines).toEqual([
    'line 1',
    'line 2',
    'line 3',
    'line 4',
    'line 5',
    'line 6',
    'line 7',
    'line 8',
  ])
})

test('an agent that is killed is replaced, and the next attempt resumes from the journal', async () => {
  const hub = await startProcessHub()
  const repo = await makeRepo()
  const { id } = await hub.client().call<Task>('task_submit', {
    template: 'code',
    repo,
    goal: 'Make the test pass',
    model: 'scripted',
  })
  await until(async () => (await logText(hub, id)).includes('I look for the sources'))
  const { items } = await hub.client().call<{ items: Pod[] }>('pod_list', { task: id })
  for (const { pid, value } of carrying('SWITCHYARD_POD'))
    if (value === items[0]?.id) signalProcess(pid, 'SIGKILL')
  await until(async () => (await read(hub, id)).task.state === 'in_review')
  expect((await read(hub, id)).attempts.map((attempt) => attempt.state)).toEqual([
    'succeeded',
    'lost',
  ])
  expect(await logText(hub, id)).toMatch(/resuming after step [1-9]/)
  const changes = await hub.client().call<{ items: Change[] }>('change_list', { task: id })
  expect(changes.items).toHaveLength(1)
})

test('pods that died with the hub down are recorded, and their task is tried again at once', async () => {
  const hub = await startProcessHub()
  const { id } = await hub.client().call<Task>('task_submit', {
    template: 'command',
    command: 'test -e again || { touch again; sleep 300; }',
  })
  await until(async () => (await read(hub, id)).task.state === 'running')
  const { items } = await hub.client().call<{ items: Pod[] }>('pod_list', { task: id })
  await until(async () => (await logText(hub, id)).includes('$ test'))
  await hub.kill()
  for (const { pid, value } of carrying('SWITCHYARD_POD'))
    if (value === items[0]?.id) signalProcess(pid, 'SIGKILL')
  await hub.start()
  await until(async () => (await read(hub, id)).task.state === 'succeeded')
  expect((await read(hub, id)).attempts.map((attempt) => attempt.state)).toEqual([
    'succeeded',
    'lost',
  ])
  expect(carrying('SWITCHYARD_POD').filter(({ value }) => value === items[0]?.id)).toEqual([])
})

test('callers that wait are told at once when the hub drains', async () => {
  const hub = await startProcessHub(['--dispatch', 'off'])
  const client = hub.client(0)
  const { id } = await client.call<Task>('task_submit', { template: 'command', command: 'true' })
  await client.call('task_claim', { agent: 'worker-one' })
  const waits = [
    client.call('task_wait', { task: id, wait_ms: 40_000 }),
    client.call('event_list', { task: id, wait_ms: 40_000 }),
    client.call('task_claim', { agent: 'worker-two', wait_ms: 40_000 }),
    client.call('task_log', { task: id, wait_ms: 40_000 }),
  ]
  const ended = Promise.all(waits.map((wait) => failure(wait)))
  await until(async () => {
    const { items } = await client.call<{ items: unknown[] }>('agent_list', { state: 'idle' })
    return items.length === 1
  })
  const startedAt = performance.now()
  expect(await hub.stop()).toBe(0)
  expect(performance.now() - startedAt).toBeLessThan(3000)
  expect((await ended).map((error) => error.code)).toEqual(Array(4).fill('unavailable'))
})

test('SIGTERM drains: leases come back, agents end, the exit code is 0', async () => {
  const hub = await startProcessHub()
  const { id } = await hub
    .client()
    .call<Task>('task_submit', { template: 'command', command: 'sleep 300' })
  await until(async () => (await logText(hub, id)).includes('$ sleep'))
  const { items } = await hub.client().call<{ items: Pod[] }>('pod_list', { task: id })
  expect(await hub.stop()).toBe(0)
  expect(carrying('SWITCHYARD_POD').filter(({ value }) => value === items[0]?.id)).toEqual([])
  const idle = new ProcessHub(hub.data, ['--dispatch', 'off'])
  onTestFinished(() => void idle.stop())
  await idle.start()
  const { task, attempts } = await read(idle, id)
  expect(task.state).toBe('queued')
  expect(attempts[0]).toMatchObject({
    state: 'evicted',
    failure: { message: 'the hub was stopped' },
  })
  await idle.stop()
  await hub.start()
  const again = `attempt 1 ended: the hub was stopped\nthe command begins again from its start\n$ sleep 300`
  await until(async () => (await logText(hub, id)).includes(again))
})
