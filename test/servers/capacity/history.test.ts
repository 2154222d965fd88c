import Database from 'better-sqlite3'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { CapacityHistory } from '../../../schemas/capacity.ts'
import type { Capacity } from '../../../schemas/cluster.ts'
import { noAmounts, samplesOf, sumOf, withOneMore } from '../../../servers/capacity/sampling.ts'
import {
  dropOldSamples,
  listSamples,
  recordSamples,
} from '../../../servers/capacity/store/samples.ts'
import { Store } from '../../../servers/kit/store.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const nodeOf = (node: string, cpusUsed?: number): Capacity => ({
  node,
  cluster: 'kube',
  tags: [],
  health: 'ready',
  cpus: { total: 8, promised: 2, load: 2, firm: true },
  memoryMb: { total: 8192, available: 6144, promised: 2048 },
  diskMb: { total: 1000, available: 1000 },
  gpus: [{ name: 'GPU', memoryMb: 0 }],
  gpusPromised: 1,
  ...(cpusUsed === undefined ? {} : { used: { cpus: cpusUsed, memoryMb: 1000 } }),
  pods: { live: 3, limit: 110 },
  isolation: 'container',
  at: 0,
})

const openStore = () => {
  const folder = makeFolder('samples')
  const clock = new ManualClock()
  const file = join(folder, 'switchyard.db')
  const store = new Store(file, clock.now, clock)
  onTestFinished(() => store.close())
  return { store, file, start: clock.now() }
}

test('a cluster is kept as a whole and by its five busiest nodes, however many it has', () => {
  const nodes = Array.from({ length: 5000 }, (_unused, at) => nodeOf(`n${at}`, (at * 7919) % 5000))
  const [whole, ...busiest] = samplesOf('kube', nodes)
  expect(whole).toMatchObject({ place: 0, nodes: 5000, amounts: { cpus_total: 40_000 } })
  expect(busiest.map(({ place, amounts }) => [place, amounts.cpus_used])).toEqual([
    [1, 4999],
    [2, 4998],
    [3, 4997],
    [4, 4996],
    [5, 4995],
  ])
  expect(samplesOf('local', [nodeOf('only', 1)])).toHaveLength(1)
})

test('what nobody reports is unknown, never nothing', () => {
  const unreported = samplesOf('kube', [nodeOf('a'), nodeOf('b')])[0]!.amounts
  expect(unreported).toMatchObject({ cpus_used: null, cpus_requested: 4, gpus_requested: 2 })
  const one = { ...noAmounts, cpus_used: 3 }
  expect(sumOf([noAmounts, one]).cpus_used).toBe(3)
  expect(withOneMore(one, 2, noAmounts).cpus_used).toBe(3)
  expect(withOneMore(one, 2, { ...one, cpus_used: 6 }).cpus_used).toBe(4)
})

test('an hour and more later there are as many rows as slots, and old ones are written over', async () => {
  const { store, file, start } = openStore()
  const [looks, stepMs] = [400, 10_000]
  for (let n = 0; n < looks; n++)
    await recordSamples(
      store,
      start + n * stepMs,
      samplesOf('kube', [nodeOf('a', n), nodeOf('b', 0)]),
    )
  const rows = await listSamples(store.reader, { stepMs, since: 0 })
  expect(rows).toHaveLength(360)
  expect(rows[0]).toMatchObject({ at: start + 40 * stepMs, cpus_used: 40 })
  expect(rows.at(-1)).toMatchObject({ at: start + 399 * stepMs, cpus_used: 399 })
  const db = new Database(file, { readonly: true })
  const count = db.prepare('SELECT count(*) FROM capacity_samples').pluck()
  // 67 minutes and 5 quarters of an hour, of the cluster and of two nodes.
  expect(count.get()).toBe(360 + 3 * (67 + 5))
  await dropOldSamples(store, start + looks * stepMs + 86_400_000)
  expect(count.get()).toBe(3 * 5)
  await dropOldSamples(store, start + 40 * 86_400_000)
  expect(count.get()).toBe(0)
  db.close()
})

test('the mean of a span is that of its looks, across a restart in the middle', async () => {
  const folder = makeFolder('samples')
  const file = join(folder, 'switchyard.db')
  const clock = new ManualClock()
  for (const used of [1, 3, 8]) {
    const store = new Store(file, clock.now, clock)
    await recordSamples(store, clock.now(), samplesOf('kube', [nodeOf('a', used)]))
    await store.close()
    await clock.jump(10_000)
  }
  const store = new Store(file, clock.now, clock)
  onTestFinished(() => store.close())
  const [minute] = await listSamples(store.reader, { stepMs: 60_000, since: 0 })
  expect(minute).toMatchObject({ samples: 3, cpus_used: 4, cpus_requested: 2 })
  expect(await listSamples(store.reader, { stepMs: 10_000, since: 0 })).toHaveLength(3)
})

test('what this machine uses, has requested and has is kept while the hub runs', async () => {
  const clock = new ManualClock()
  await clock.jump(7 * 60_000) // In the middle of the coarsest step.
  const begun = clock.now()
  const hub = await startHub({ clock })
  const read = (args = {}) => hub.call<CapacityHistory>('capacity_history', args)
  expect(await read()).toMatchObject({ items: [], unreported: [] })
  for (let n = 0; n < 3; n++)
    await hub.call('task_submit', { template: 'command', command: 'true' })
  await hub.call('pod_run', {
    command: ['sleep', '60'],
    resources: { cpus: 0.5, memoryMb: 128 },
  })
  await until(async () => {
    await clock.advance(10_000)
    return (await read({ hours: 1 })).items.length > 2
  })
  const { items, spanMs } = await read({ hours: 1, points: 120 })
  expect(spanMs).toBe(30_000)
  expect(items.at(-1)).toMatchObject({ cpus: { requested: 0.5 }, pods: { live: 1 }, queued: 3 })
  const { memoryMb, cpus } = items.at(-1)!
  expect(memoryMb.used).toBeGreaterThan(50)
  expect(memoryMb.used).toBeLessThan(memoryMb.allocatable)
  expect(cpus.allocatable).toBeGreaterThan(0)
  const month = await read({ hours: 720, points: 1 })
  expect(month.items).toHaveLength(1)
  // Nothing is told of the time before the hub was there.
  expect(month.firstAt).toBeGreaterThan(begun - 10_000)
  expect((await read({ cluster: 'local' })).items[0]).not.toHaveProperty('queued')
  expect(await failure(read({ cluster: 'nowhere' }))).toMatchObject({ code: 'not_found' })
  expect(await failure(read({ node: 'n1' }))).toMatchObject({ code: 'invalid' })
  const walt = await hub.as('walt', 'worker')
  expect(await failure(walt.call('capacity_history', {}))).toMatchObject({ code: 'denied' })
})
