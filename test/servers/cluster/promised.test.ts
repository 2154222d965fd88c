import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { Capacity, PlacementCandidate, Pod } from '../../../schemas/cluster.ts'
import { bestFirst, rateOffers } from '../../../servers/cluster/placement.ts'
import { Promised } from '../../../servers/cluster/promised.ts'
import { rateNode } from '../../../servers/cluster/rating.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub, until } from '../../helpers/hub.ts'
import { seededRandom } from '../../../servers/capacity/forecast/statistics.ts'

const nodesOf = (count: number, random: () => number): Capacity[] =>
  Array.from({ length: count }, (_unused, at) => ({
    node: `n${at}`,
    cluster: 'kube',
    tags: random() < 0.5 ? ['gpu'] : [],
    health: random() < 0.9 ? 'ready' : 'pressure',
    cpus: { total: 8, promised: 0, load: Math.floor(random() * 8), firm: true },
    memoryMb: { total: 8192, available: 8192, promised: 0 },
    diskMb: { total: 1, available: 1 },
    gpus: [],
    pods: { live: 0, limit: 10 },
    isolation: 'container',
    at: 0,
  }))

test.each([1, 5, 40, 500])(
  'the best %i are those that rating every node in words and sorting would give',
  (most) => {
    const random = seededRandom(most)
    const nodes = nodesOf(300, random)
    const promised = new Promised()
    for (let pod = 0; pod < 1500; pod++)
      promised.count('kube', `n${Math.floor(random() * 300)}`, { cpus: 1, memoryMb: 1024 })
    const request = {
      resources: { cpus: 2, memoryMb: 2048 },
      needs: { tags: ['gpu'] },
      runners: ['loop'],
    }
    const quota = { used: 3, limit: 10 }
    const all: PlacementCandidate[] = nodes.map((node) =>
      rateNode(node, { ...request, quota }, promised.on('kube', node.node)),
    )
    const occupied = { promised, orgPods: 3 }
    const asked = { ...request, org: 'acme', limit: 10 }
    expect(rateOffers({ nodes, silent: [] }, occupied, asked, most)).toEqual(
      bestFirst(all).slice(0, most),
    )
  },
)

test('what is added and taken away again leaves nothing over', () => {
  const promised = new Promised()
  const shapes = [0.1, 0.2, 0.7, 0.3].map((cpus) => ({ cpus, memoryMb: 100 }))
  for (const shape of shapes) promised.count('a', 'n', shape)
  expect(promised.on('a', 'n')).toEqual({ pods: 4, cpus: 1.3, memoryMb: 400, gpus: 0 })
  for (const shape of shapes) promised.count('a', 'n', shape, -1)
  expect(promised.on('a', 'n')).toEqual({ pods: 0, cpus: 0, memoryMb: 0, gpus: 0 })
  expect(promised.on('a', 'elsewhere').pods).toBe(0)
})

test('a pod takes room while it lives, and gives it back with its end', async () => {
  const hub = await startHub()
  const unpromised = async () => {
    const { candidates } = await hub.call<{ candidates: PlacementCandidate[] }>('placement_explain')
    return Number(/^(\S+) of/.exec(candidates[0]?.reasons[0] ?? '')?.[1])
  }
  const before = await unpromised()
  const resources = { cpus: 0.3, memoryMb: 64 }
  const pods = [
    await hub.call<Pod>('pod_run', { command: ['sleep', '60'], resources }),
    await hub.call<Pod>('pod_run', { command: ['sleep', '60'], resources }),
  ]
  expect(await unpromised()).toBeCloseTo(before - 0.6)
  for (const { id: pod } of pods) {
    await hub.call('pod_delete', { pod, grace_ms: 0 })
    await until(async () => (await hub.call<Pod>('pod_read', { pod })).state === 'exited')
  }
  expect(await unpromised()).toBeCloseTo(before)
  const db = new Database(join(hub.hub.dataDir, 'switchyard.db'), { readonly: true })
  expect(db.prepare('SELECT * FROM node_loads').all()).toEqual([])
  db.close()
})

test('loads that do not fit the pods on record are right again after a start', async () => {
  const data = makeFolder('loads')
  const first = await startHub({ data })
  const { id: pod } = await first.call<Pod>('pod_run', { command: ['true'] })
  await until(async () => (await first.call<Pod>('pod_read', { pod })).state === 'exited')
  const { node } = await first.call<Pod>('pod_read', { pod })
  await first.hub.stop()
  const db = new Database(join(data, 'switchyard.db'))
  db.prepare(`INSERT INTO node_loads VALUES ('local', ?, 1000, 1000000, 1, 0)`).run(node)
  db.close()
  const hub = await startHub({ data })
  const fits = async () =>
    (await hub.call<{ candidates: PlacementCandidate[] }>('placement_explain')).candidates[0]?.fits
  await until(async () => (await fits()) === true)
})

test('pods that were live before loads were kept are counted by the upgrade', () => {
  const folder = join(import.meta.dirname, '../../../servers/kit/migrations')
  const db = new Database(':memory:')
  for (const name of readdirSync(folder).sort()) {
    if (name.startsWith('040'))
      for (const [id, ended] of [
        ['pod-1', 'NULL'],
        ['pod-2', 'NULL'],
        ['pod-3', '5'],
      ])
        db.exec(`INSERT INTO pods (id, org, cluster, node, command, state, isolation, limits, resources,
            timeout_ms, created_at, ended_at)
          VALUES ('${id}', 'acme', 'local', 'n', '[]', 'running', 'none', '[]',
            '{"cpus":0.1,"memoryMb":64}', 1, 1, ${ended})`)
    db.exec(readFileSync(join(folder, name), 'utf8'))
  }
  expect(db.prepare('SELECT * FROM node_loads').all()).toEqual([
    { cluster: 'local', node: 'n', pods: 2, milli_cpus: 200, memory_mb: 128, gpus: 0 },
  ])
})
