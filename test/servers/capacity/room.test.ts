import { expect, test } from 'vitest'
import { waitMs } from '../../../servers/capacity/forecast/queue.ts'
import type { CapacityAnswer } from '../../../servers/capacity/capacity.ts'
import { clusterRoom, roomOn } from '../../../servers/capacity/room.ts'
import type { Capacity } from '../../../schemas/cluster.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { finish, succeeded } from '../../helpers/triggers.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const node: Capacity = {
  node: 'n1',
  cluster: 'kube',
  tags: ['gpu'],
  health: 'ready',
  cpus: { total: 8, promised: 0.3, load: 1, firm: true },
  memoryMb: { total: 8192, available: 6000, promised: 1024 },
  diskMb: { total: 100, available: 100 },
  gpus: [
    { name: 'GPU', memoryMb: 0 },
    { name: 'GPU', memoryMb: 0 },
  ],
  gpusPromised: 1,
  pods: { live: 3, limit: 110 },
  isolation: 'container',
  at: 0,
}
const small = { cpus: 1, memoryMb: 64 }

test.each<[string, Partial<Capacity>, Parameters<typeof roomOn>[1], string[], number, RegExp]>([
  ['cores', {}, small, [], 7, /CPUs/],
  ['a tenth of a core', {}, { cpus: 0.1, memoryMb: 64 }, [], 77, /CPUs/],
  ['memory that is used', {}, { cpus: 1, memoryMb: 2000 }, [], 3, /memory/],
  ['its number of pods', { pods: { live: 109, limit: 110 } }, small, [], 1, /number of pods/],
  ['GPUs', {}, small, ['gpu'], 1, /GPUs/],
  ['a tag', {}, small, ['tpu'], 0, /tags tpu are missing/],
  ['a taint', { taints: ['night'] }, small, [], 0, /tag night/],
  ['a cordon', { closed: 'it is cordoned' }, small, [], 0, /cordoned/],
  ['pressure', { health: 'pressure' }, small, [], 0, /pressure/],
  ['too much promised', { cpus: { ...node.cpus, promised: 9 } }, small, [], 0, /CPUs/],
])('%s bounds how many pods fit on a node', (_name, change, shape, tags, pods, limit) => {
  const room = roomOn({ ...node, ...change }, shape, { tags })
  expect(room.pods).toBe(pods)
  expect(room.limit).toMatch(limit)
})

test('a cluster says how many fit, what keeps nodes from more, and what is not reported', () => {
  const nodes = [node, { ...node, used: { cpus: 2 } }, { ...node, closed: 'it is cordoned' }]
  const room = clusterRoom('kube', nodes, small, {})
  expect(room).toMatchObject({
    state: 'ready',
    nodes: 3,
    closed: 1,
    room: 14,
    gpus: { promised: 3 },
  })
  expect(room.why).toEqual([
    { reason: 'CPUs are promised', nodes: 2 },
    { reason: 'it is cordoned', nodes: 1 },
  ])
  expect(room.cpus).not.toHaveProperty('used')
})

test('capacity_read says what fits where, what waits and for how long', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock, maxPods: 4 })
  const read = (args = {}) => hub.call<CapacityAnswer>('capacity_read', args)
  const command = { template: 'command', command: 'true' }
  expect(await read({ cpus: 0.1, memory_mb: 64 })).toMatchObject({
    room: 4,
    clusters: [{ id: 'local', state: 'ready', nodes: 1, why: [{ reason: 'its number of pods' }] }],
    quota: { org: 'default', live: 0, limit: 4 },
    queue: { waiting: 0 },
  })
  expect(await read({ tags: ['tpu'] })).toMatchObject({
    room: 0,
    clusters: [{ why: [{ reason: 'tags tpu are missing', nodes: 1 }] }],
  })
  await hub.call('pod_run', { command: ['sleep', '60'], resources: { cpus: 0.1, memoryMb: 64 } })
  expect(await read()).toMatchObject({ quota: { live: 1 }, clusters: [{ pods: { live: 1 } }] })
  expect((await read()).queue).not.toHaveProperty('wait')
  for (let n = 0; n < 40; n++) {
    const { id } = await hub.call<{ id: string }>('task_submit', command)
    await finish(hub, id, succeeded)
    await clock.jump(60_000)
  }
  for (let n = 0; n < 3; n++) await hub.call('task_submit', command)
  const { queue } = await read()
  expect(queue).toMatchObject({ waiting: 3, slots: 1 })
  expect(queue.wait!.lowMs).toBeLessThanOrEqual(queue.wait!.highMs)
  expect(await read({ peers: true })).toMatchObject({ peers: [] })
  const otto = await hub.as('otto', 'viewer', ['other'])
  expect(await failure(otto.call('capacity_read', { org: 'default' }))).toMatchObject({
    code: 'denied',
  })
})

test('who comes now waits until a slot is free behind all that waits', () => {
  const history = Array.from({ length: 60 }, (_unused, at) => ({
    template: 'ci',
    submittedAt: at,
    startedAt: at,
    endedAt: at + 60_000,
  }))
  const waits = (waiting: number, slots: number) =>
    waitMs(history, { waiting: Array.from({ length: waiting }, () => 'ci'), running: [], slots })!
  expect(waits(0, 2).middle).toBe(0)
  expect(waits(1, 2).middle).toBe(0)
  expect(waits(4, 2)).toEqual({ low: 120_000, middle: 120_000, high: 120_000 })
  // A long queue is reckoned by its sum, and is half a task off at most.
  expect(Math.abs(waits(1000, 10).middle - 6_000_000)).toBeLessThan(60_000)
})
