import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import type { Event } from '../../../schemas/event.ts'
import type { Attempt, Task } from '../../../schemas/task.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'

type Read = { task: Task; attempts: Attempt[] }

const read = (hub: TestHub, task: string) => hub.call<Read>('task_read', { task })
const livePods = async (hub: TestHub, task: string) =>
  (await hub.call<{ items: Pod[] }>('pod_list', { task })).items

/** A task that ends well once `file` is there, and runs for as long as it is not. */
const patient = (hub: TestHub, file: string, more: object = {}) =>
  hub.call<Task>('task_submit', {
    template: 'command',
    command: `until [ -e ${file} ]; do sleep 0.1; done`,
    max_attempts: 1,
    ...more,
  })

test('an evicted pod costs its task no attempt: it is queued with the reason and goes on', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const file = join(makeFolder(), 'go')
  const { id: task } = await patient(hub, file)
  for (let round = 1; round <= 3; round++) {
    await until(async () => (await read(hub, task)).task.state === 'running')
    const [pod] = await livePods(hub, task)
    const evicted = await hub.call<Pod>('pod_evict', { pod: pod!.id, reason: `round ${round}` })
    expect(evicted).toMatchObject({ evicted: `round ${round}` })
    await until(async () => {
      const { attempts } = await read(hub, task)
      return attempts.some(({ number, state }) => number === round && state === 'evicted')
    })
  }
  await until(async () => (await read(hub, task)).task.state === 'running')
  await hub.call('pod_exec', {
    pod: (await livePods(hub, task))[0]!.id,
    command: ['touch', file],
  })
  await until(async () => (await read(hub, task)).task.state === 'succeeded')
  const { task: done, attempts } = await read(hub, task)
  expect(done).toMatchObject({ attempts: 4, maxAttempts: 1 })
  expect(attempts.map(({ number, state, failure: why }) => [number, state, why?.message])).toEqual([
    [4, 'succeeded', undefined],
    [3, 'evicted', 'round 3'],
    [2, 'evicted', 'round 2'],
    [1, 'evicted', 'round 1'],
  ])
  const { items } = await hub.call<{ items: Event[] }>('event_list', { after: 0, task, limit: 200 })
  const moved = items.filter(({ kind, data }) => kind === 'pod.exited' && data.evicted)
  expect(moved.map(({ data }) => data.evicted)).toEqual(['round 1', 'round 2', 'round 3'])
  expect(existsSync(file)).toBe(true)
})

test('an agent that is killed by an eviction loses no attempt either', async () => {
  const hub = await startHub({ dispatch: 'local' })
  const { id: task } = await patient(hub, join(makeFolder(), 'never'))
  await until(async () => (await read(hub, task)).task.state === 'running')
  const [pod] = await livePods(hub, task)
  // No moment to hand the lease back.
  await hub.call('pod_evict', { pod: pod!.id, reason: 'the machine is needed', grace_ms: 0 })
  await until(async () => (await read(hub, task)).attempts.length === 2)
  const { task: now, attempts } = await read(hub, task)
  expect(attempts[1]).toMatchObject({ state: 'evicted', failure: { code: 'evicted' } })
  expect(now.failure).toBeUndefined()
})

test('who may not stop pods may not evict them, and what is over stays over', async () => {
  const hub = await startHub()
  const { id: pod } = await hub.call<Pod>('pod_run', { command: ['true'] })
  await until(async () => (await hub.call<Pod>('pod_read', { pod })).state === 'exited')
  const dora = await hub.as('dora', 'developer')
  expect(await failure(dora.call('pod_evict', { pod, reason: 'no' }))).toMatchObject({
    code: 'denied',
  })
  expect(await hub.call('pod_evict', { pod, reason: 'late' })).toMatchObject({ exitCode: 0 })
  expect((await hub.call<Pod>('pod_read', { pod })).evicted).toBeUndefined()
  expect(await failure(hub.call('pod_evict', { pod: 'pod-none', reason: 'no' }))).toMatchObject({
    code: 'not_found',
    hint: expect.stringContaining('pod_list') as string,
  })
})
