import { expect, test } from 'vitest'
import type { Cluster, PlacementCandidate, Pod } from '../../../schemas/cluster.ts'
import { LocalDriver } from '../../../servers/cluster/drivers/local.ts'
import type { ClusterDriver } from '../../../servers/kit/cluster-driver.ts'
import { codeRoot } from '../../../servers/kit/code-root.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'

/** A hub with a second cluster, whose one node has a tag. */
async function startPair(): Promise<TestHub> {
  const hub = await startHub()
  const { config, dataDir, log, clusters } = hub.hub
  const tags = ['special']
  clusters.register(new LocalDriver({ id: 'second', tags, config, dataDir, codeRoot, log }))
  return hub
}

const command = ['/bin/sh', '-c', 'echo up; sleep 60']

test('several clusters at once: placement chooses by tags, and each pod is reached where it is', async () => {
  const hub = await startPair()
  const plain = await hub.call<Pod>('pod_run', { command, cluster: 'local' })
  const special = await hub.call<Pod>('pod_run', { command, tags: ['special'] })
  expect([plain.cluster, special.cluster]).toEqual(['local', 'second'])
  for (const pod of [plain.id, special.id]) {
    await until(async () => (await hub.call<{ data: string }>('pod_log', { pod })).data === 'up\n')
    const id = ['/bin/sh', '-c', 'echo $SWITCHYARD_POD']
    expect(await hub.call('pod_exec', { pod, command: id })).toMatchObject({ stdout: `${pod}\n` })
  }
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.map(({ id, pods }) => [id, pods])).toEqual([
    ['local', 1],
    ['second', 1],
  ])
  await hub.call('pod_delete', { pod: special.id, grace_ms: 0 })
  await until(async () => (await hub.call<Pod>('pod_read', { pod: special.id })).state === 'exited')
  expect(await hub.call<Pod>('pod_read', { pod: plain.id })).toMatchObject({ state: 'running' })
  expect(await failure(hub.call('pod_run', { command, tags: ['nowhere'] }))).toMatchObject({
    code: 'exhausted',
    message: expect.stringMatching(/tags nowhere are missing; tags nowhere are missing/) as string,
  })
  expect(await failure(hub.call('pod_run', { command, cluster: 'third' }))).toMatchObject({
    code: 'not_found',
  })
})

test('a cluster that does not answer is said to be silent and takes nothing from the others', async () => {
  const hub = await startHub()
  const silence = () => Promise.reject(new Error('connection refused'))
  const silent: ClusterDriver = {
    id: 'far',
    kind: 'silent',
    runsAgents: true,
    limits: [],
    isolation: () => Promise.resolve({ level: 'bwrap', reason: 'by name' }),
    health: () => Promise.resolve({ state: 'unreachable', reason: 'connection refused' }),
    nodes: silence,
    start: silence,
    adopt: silence,
    stop: silence,
    suspend: silence,
    resume: silence,
    reach: silence,
    exec: () => {
      throw new Error('connection refused')
    },
    logs: () => {
      throw new Error('connection refused')
    },
    sweep: silence,
    close: () => Promise.resolve(),
  }
  hub.hub.clusters.register(silent)
  const { candidates } = await hub.call<{ candidates: PlacementCandidate[] }>('placement_explain')
  expect(candidates.at(-1)).toMatchObject({
    cluster: 'far',
    fits: false,
    reasons: ['the cluster does not answer: connection refused'],
  })
  expect(await hub.call('cluster_list')).toMatchObject({
    items: [{ id: 'local' }, { id: 'far', nodes: 0, health: { state: 'unreachable' } }],
  })
  expect(await hub.call('capacity_read')).toMatchObject({ capacity: { cluster: 'local' } })
  expect(await failure(hub.call('capacity_read', { cluster: 'far' }))).toMatchObject({
    code: 'unavailable',
  })
})
