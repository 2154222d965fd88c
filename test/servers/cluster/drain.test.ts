import { hostname } from 'node:os'
import { onTestFinished, expect, test } from 'vitest'
import type { Capacity, Pod } from '../../../schemas/cluster.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'

test('a machine that is closed starts nothing, also after a restart, and goes on once it is open', async () => {
  const hub = new ProcessHub(makeFolder('drain'))
  onTestFinished(() => hub.kill())
  await hub.start()
  const client = hub.client()
  const drain = (action: string) =>
    client.call<{ closed?: string }>('node_drain', { cluster: 'local', action, reason: 'new disk' })
  expect(await drain('cordon')).toMatchObject({ closed: 'it is cordoned: new disk' })
  const { id: task } = await client.call<Task>('task_submit', {
    template: 'command',
    command: 'true',
  })
  const read = async () => (await client.call<{ task: Task }>('task_read', { task })).task
  await hub.kill()
  await hub.start()
  const { items } = await client.call<{ items: Capacity[] }>('node_list')
  expect(items[0]).toMatchObject({ node: hostname(), closed: 'it is cordoned: new disk' })
  expect((await read()).state).toBe('queued')
  expect(await failure(client.call('pod_run', { command: ['true'] }))).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('it is cordoned: new disk') as string,
  })
  expect((await drain('uncordon')).closed).toBeUndefined()
  await until(async () => (await read()).state === 'succeeded')
})

test('a drain of the machine moves its pods, and only an owner drains', async () => {
  const hub = await startHub()
  const { id: pod } = await hub.call<Pod>('pod_run', { command: ['sleep', '60'] })
  const drain = (more: object = {}) => hub.call('node_drain', { cluster: 'local', ...more })
  expect(await drain({ dry_run: true })).toMatchObject({ pods: [{ pod, state: 'would_move' }] })
  expect(await drain({ grace_ms: 500 })).toMatchObject({
    closed: 'it is cordoned: its node is drained',
    pods: [{ pod, state: 'moved' }],
  })
  await until(async () => (await hub.call<Pod>('pod_read', { pod })).state === 'exited')
  expect(await hub.call('pod_read', { pod })).toMatchObject({ evicted: 'its node is drained' })
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('node_drain', { cluster: 'local' }))).toMatchObject({
    code: 'denied',
  })
  expect(await failure(hub.call('node_drain', { cluster: 'moon' }))).toMatchObject({
    code: 'not_found',
  })
})

test('a local pod gets another memory limit where it is', async () => {
  const hub = await startHub()
  const { id: pod } = await hub.call<Pod>('pod_run', {
    command: ['node', '-e', 'setTimeout(() => {}, 60000); globalThis.x = Buffer.alloc(150e6, 1)'],
    resources: { cpus: 1, memoryMb: 1024 },
  })
  expect(await hub.call('pod_resize', { pod, memory_mb: 64 })).toMatchObject({
    resources: { cpus: 1, memoryMb: 64 },
  })
  await until(async () => (await hub.call<Pod>('pod_read', { pod })).state === 'exited')
  expect((await hub.call<Pod>('pod_read', { pod })).reason).toMatch(/^memory limit: \d+ of 64 MiB/)
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('pod_resize', { pod, cpus: 2 }))).toMatchObject({ code: 'denied' })
})
