import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Capacity, Pod } from '../../../schemas/cluster.ts'
import type { Task } from '../../../schemas/task.ts'
import { carrying } from '../../../servers/cluster/drivers/processes.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'

const run = (hub: TestHub, script: string, extra: Record<string, unknown> = {}) =>
  hub.call<Pod>('pod_run', { command: ['/bin/sh', '-c', script], ...extra })

const ended = async (hub: TestHub, pod: string): Promise<Pod> => {
  await until(async () => (await hub.call<Pod>('pod_read', { pod })).state === 'exited')
  return hub.call<Pod>('pod_read', { pod })
}

const homeOf = (hub: TestHub, pod: string) => join(hub.hub.dataDir, 'pods', pod, 'home')
const output = async (hub: TestHub, pod: string) =>
  (await hub.call<{ data: string }>('pod_log', { pod })).data
const processesOf = (pod: string) => carrying('SWITCHYARD_POD').filter(({ value }) => value === pod)

test('a pod runs in a folder of its own with a scrubbed environment, and its exit code is kept', async () => {
  process.env.MY_CLOUD_SECRET = 'hunter2'
  const hub = await startHub()
  const pod = await run(hub, 'pwd; env; exit 7')
  expect(await ended(hub, pod.id)).toMatchObject({ exitCode: 7 })
  const text = await output(hub, pod.id)
  expect(text.split('\n')[0]).toBe(homeOf(hub, pod.id))
  expect(text).not.toContain('hunter2')
  expect(text).not.toContain(hub.token)
})

test('stopping a pod ends everything it started, also what left its group and session', async () => {
  const hub = await startHub()
  const pod = await run(
    hub,
    "trap '' TERM; setsid sh -c \"trap '' TERM; sleep 300\" & setsid sleep 300 & sleep 300",
  )
  await until(() => processesOf(pod.id).length >= 4)
  await hub.call('pod_delete', { pod: pod.id, grace_ms: 100 })
  await ended(hub, pod.id)
  expect(processesOf(pod.id)).toEqual([])
})

test('a pod that ends leaves nothing running and nothing but its output', async () => {
  const hub = await startHub()
  const pod = await run(hub, 'touch junk; setsid sleep 300 & sleep 0.2')
  await ended(hub, pod.id)
  await until(() => processesOf(pod.id).length === 0)
  expect(existsSync(join(homeOf(hub, pod.id), 'junk'))).toBe(false)
})

test('a program runs in a live pod with its folder and environment, and only there', async () => {
  const hub = await startHub()
  const pod = await run(hub, 'echo mine > file; sleep 30')
  await until(() => existsSync(join(homeOf(hub, pod.id), 'file')))
  const command = ['/bin/sh', '-c', 'cat file; echo $SWITCHYARD_POD; exit 4']
  expect(await hub.call('pod_exec', { pod: pod.id, command })).toMatchObject({
    exitCode: 4,
    stdout: `mine\n${pod.id}\n`,
  })
  await hub.call('pod_delete', { pod: pod.id, grace_ms: 0 })
  await ended(hub, pod.id)
  expect(await failure(hub.call('pod_exec', { pod: pod.id, command }))).toMatchObject({
    code: 'conflict',
  })
})

test('time and memory limits end a pod and say so', async () => {
  const hub = await startHub()
  const slow = await run(hub, 'sleep 60', { timeout_ms: 1000 })
  expect(await ended(hub, slow.id)).toMatchObject({ reason: 'time limit', limit: 'time' })
  const eater = "node -e 'const a=[]; setInterval(()=>a.push(Buffer.alloc(30e6,1)),20)'"
  const big = await run(hub, eater, { resources: { cpus: 1, memoryMb: 200 } })
  expect(await ended(hub, big.id)).toMatchObject({
    reason: expect.stringMatching(/memory limit/) as string,
    limit: 'memory',
  })
})

test('capacity and placement say what is there', async () => {
  const hub = await startHub()
  const { capacity, room } = await hub.call<{ capacity: Capacity; room: number }>('capacity_read', {
    cpus: 1,
    memory_mb: 64,
  })
  expect(capacity.cpus.total).toBeGreaterThan(0)
  expect(capacity.memoryMb.total).toBeGreaterThan(capacity.memoryMb.available / 2)
  expect(room).toBeGreaterThan(0)
  const { candidates } = await hub.call<{ candidates: { fits: boolean }[] }>('placement_explain', {
    resources: { cpus: 1, memoryMb: 10_000_00 },
  })
  expect(candidates[0]?.fits).toBe(false)
  expect(await hub.call('cluster_list')).toMatchObject({
    items: [
      { id: 'local', driver: 'local', nodes: 1, pods: 0, health: { state: expect.any(String) } },
    ],
  })
})

test('cancel reaches the processes of the task', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const task = await hub.call<Task>('task_submit', { template: 'command', command: 'sleep 300' })
  await until(
    async () =>
      (await hub.call<{ items: unknown[] }>('task_log', { task: task.id })).items.length > 0,
  )
  const { items } = await hub.call<{ items: Pod[] }>('pod_list', { task: task.id })
  await hub.call('task_cancel', { task: task.id })
  await until(() => processesOf(items[0]!.id).length === 0)
  await until(() => !existsSync(join(hub.hub.dataDir, 'work', task.id)))
})
