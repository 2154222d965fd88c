import { expect, test } from 'vitest'
import type { ClusterHistory, Pod } from '../../../schemas/cluster.ts'
import { mostAtOnce } from '../../../servers/cluster/history.ts'
import type { Promised } from '../../../servers/cluster/store/pod-history.ts'
import { leastId, newId } from '../../../servers/kit/ids.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'

const pod = (createdAt: number, endedAt?: number, cpus = 1): Promised => ({
  createdAt,
  endedAt,
  resources: { cpus, memoryMb: 100 },
})
const asked = { since: 100, until: 200, spans: 2 }
const podsOf = (pods: Promised[]) => mostAtOnce(pods, asked).map((span) => span.pods)

test.each<[string, Promised[], number[]]>([
  ['no pod', [], [0, 0]],
  ['one that began before and goes on', [pod(10)], [1, 1]],
  ['one that ended before', [pod(10, 50)], [0, 0]],
  ['one shorter than a span', [pod(110, 112)], [1, 0]],
  ['two after one another, in the same room', [pod(110, 120), pod(120, 130)], [1, 0]],
  ['two at a time for an instant', [pod(110, 121), pod(120, 130)], [2, 0]],
  ['one that ends with the first span', [pod(110, 150)], [1, 1]],
  ['one that begins with the last instant', [pod(200)], [0, 1]],
])('%s is counted in each span that it lived in', (_name, pods, most) => {
  expect(podsOf(pods)).toEqual(most)
})

test('cores and memory are summed for each instant, not for the span', () => {
  const [first] = mostAtOnce([pod(110, 120, 0.1), pod(111, 120, 0.2), pod(130, 140, 0.25)], asked)
  expect(first).toEqual({ at: 150, pods: 2, cpus: 0.3, memoryMb: 200 })
})

test('an id lies above the least id of its instant and below that of the next', () => {
  const id = newId('pod', Date.now() + 60_000) // Later than any that this process made.
  const madeAt = Date.now() + 60_000
  expect(id > leastId('pod', madeAt - 5000)).toBe(true)
  expect(id < leastId('pod', madeAt + 5000)).toBe(true)
})

test('a pod is in the record of its cluster while it runs and after it has ended', async () => {
  const hub = await startHub()
  const read = (args = {}) => hub.call<ClusterHistory>('cluster_read', args)
  expect((await read({ spans: 3 })).items.map(({ pods }) => pods)).toEqual([0, 0, 0])
  const { id } = await hub.call<Pod>('pod_run', {
    command: ['/bin/sh', '-c', 'exit 0'],
    resources: { cpus: 0.5, memoryMb: 128 },
  })
  await until(async () => (await hub.call<Pod>('pod_read', { pod: id })).state === 'exited')
  const { items } = await read({ cluster: 'local', hours: 1, spans: 2 })
  expect(items[1]).toMatchObject({ pods: 1, cpus: 0.5, memoryMb: 128 })
  expect(await failure(read({ cluster: 'elsewhere' }))).toMatchObject({ code: 'not_found' })
})
