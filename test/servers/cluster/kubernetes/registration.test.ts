import { expect, onTestFinished, test } from 'vitest'
import type { Capacity, Cluster, PlacementCandidate, Pod } from '../../../../schemas/cluster.ts'
import { makeFolder } from '../../../helpers/folder.ts'
import type { TestHub } from '../../../helpers/hub.ts'
import { failure, startHub, until } from '../../../helpers/hub.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { ProcessHub } from '../../../helpers/process-hub.ts'

const image = 'docker.io/local/box:1'
const argsOf = ({ kubeconfig, context }: Double, more: object = {}) => ({
  cluster: 'kube',
  kubeconfig,
  context,
  image,
  ...more,
})

const podOf = (hub: TestHub, pod: string) => hub.call<Pod>('pod_read', { pod })
const run = (hub: TestHub, script: string, more: object = {}) =>
  hub.call<Pod>('pod_run', { command: ['/bin/sh', '-c', script], cluster: 'kube', ...more })
const isIn = (hub: TestHub, pod: string, state: Pod['state']) =>
  until(async () => (await podOf(hub, pod)).state === state)

test('a cluster is added by two commands, runs what it is told, and leaves nothing when it is removed', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const added = await hub.call('cluster_add', argsOf(double))
  expect(added).toMatchObject({
    version: 'v1.36.2',
    guards: {
      podSecurity: 'enforced',
      admission: 'enforced',
      quota: 'enforced',
      networkPolicy: 'unknown',
    },
  })
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.at(-1)).toMatchObject({
    id: 'kube',
    driver: 'kubernetes',
    isolation: 'container',
    runsAgents: false,
    health: { state: 'ready', version: 'v1.36.2' },
    nodes: 1,
    guards: { podSecurity: 'enforced' },
  })
  const nodes = await hub.call<{ items: Capacity[] }>('node_list')
  expect(nodes.items.at(-1)).toMatchObject({
    node: 'node-1',
    tags: ['arch:x64', 'disk:ssd', 'os:linux'],
    cpus: { total: 4, firm: true },
  })
  const pod = await run(hub, 'echo up; sleep 60', { tags: ['disk:ssd'] })
  await isIn(hub, pod.id, 'running')
  expect(await podOf(hub, pod.id)).toMatchObject({ node: 'node-1', isolation: 'container' })
  expect(await hub.call('pod_exec', { pod: pod.id, command: ['echo', 'inside'] })).toMatchObject({
    exitCode: 0,
    stdout: 'inside\n',
  })
  for (const tool of ['pod_suspend', 'pod_resume'])
    expect(await failure(hub.call(tool, { pod: pod.id }))).toMatchObject({ code: 'unsupported' })
  const early = await failure(hub.call('cluster_remove', { cluster: 'kube' }))
  expect(early).toMatchObject({
    code: 'conflict',
    hint: expect.stringContaining('pod_delete') as string,
  })
  await hub.call('pod_delete', { pod: pod.id, grace_ms: 0 })
  await isIn(hub, pod.id, 'exited')
  expect(await hub.call('pod_log', { pod: pod.id })).toMatchObject({ data: 'up\n' })
  expect(await hub.call('cluster_remove', { cluster: 'kube' })).toEqual({
    cluster: 'kube',
    removed: true,
  })
  expect(double.objects.list('namespaces', undefined)).toEqual([])
  expect(double.objects.list('pods', undefined)).toEqual([])
  expect(await failure(hub.call('pod_run', { command: ['true'], cluster: 'kube' }))).toMatchObject({
    code: 'not_found',
  })
})

test('no secret stands in a pod, and no agent of a task is sent where none can run', async () => {
  const double = await startDouble()
  const hub = await startHub()
  await hub.call('cluster_add', argsOf(double))
  await run(hub, 'sleep 60')
  const [pod] = double.objects.list('pods', undefined)
  const spec = pod?.spec as {
    automountServiceAccountToken: boolean
    containers: { env: unknown }[]
  } // Sent just now.
  expect(spec.automountServiceAccountToken).toBe(false)
  expect(JSON.stringify(spec)).not.toContain(hub.token)
  const { candidates } = await hub.call<{ candidates: PlacementCandidate[] }>('placement_explain')
  expect(candidates.find(({ cluster }) => cluster === 'kube')).toMatchObject({
    fits: false,
    passes: false,
    reasons: ['it runs commands alone: it was added without `agent_image`'],
  })
})

test('what is wrong with a cluster is said before anything is kept', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const add = (more: object) => failure(hub.call('cluster_add', argsOf(double, more)))
  expect(await add({ context: undefined })).toMatchObject({
    code: 'ambiguous',
    hint: 'It has: test.',
  })
  expect(await add({ context: 'production' })).toMatchObject({ code: 'not_found' })
  expect(await add({ kubeconfig: 'relative/config' })).toMatchObject({ code: 'invalid' })
  expect(await add({ kubeconfig: '/no/such/file' })).toMatchObject({ code: 'not_found' })
  expect(await add({ hub_url: 'http://hub.example.org' })).toMatchObject({ code: 'invalid' })
  expect(await add({ cluster: 'local' })).toMatchObject({ code: 'conflict' })
  expect(await add({ source: 'in-cluster' })).toMatchObject({ code: 'unsupported' })
  double.writeConfig('expired')
  expect(await add({})).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('Unauthorized') as string,
    hint: expect.stringContaining('credential') as string,
  })
  expect(await failure(hub.call('cluster_remove', { cluster: 'local' }))).toMatchObject({
    code: 'unsupported',
  })
  expect(await failure(hub.call('cluster_remove', { cluster: 'nowhere' }))).toMatchObject({
    code: 'not_found',
  })
  const dora = await hub.as('dora', 'developer')
  for (const [tool, args] of [
    ['cluster_add', argsOf(double)],
    ['cluster_remove', { cluster: 'local' }],
  ] as const)
    expect(await failure(dora.call(tool, args))).toMatchObject({ code: 'denied' })
  expect((await hub.call<{ items: Cluster[] }>('cluster_list')).items).toHaveLength(1)
})

test('one of two who add the same cluster at once is told of the other', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const added = [1, 2].map(() =>
    hub.call('cluster_add', argsOf(double)).then(
      () => 'added',
      (error: { code: string }) => error.code,
    ),
  )
  expect((await Promise.all(added)).sort()).toEqual(['added', 'conflict'])
  expect(double.objects.list('namespaces', undefined)).toHaveLength(1)
})

test('a pod that cannot start says why, and what a quota refuses is exhausted', async () => {
  const double = await startDouble()
  const hub = await startHub()
  await hub.call('cluster_add', argsOf(double, { limits: { cpus: 2 } }))
  expect(await failure(run(hub, 'true', { resources: { cpus: 3, memoryMb: 64 } }))).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('exceeded quota') as string,
  })
  await hub.call(
    'cluster_add',
    argsOf(double, { cluster: 'other', image: 'docker.io/local/missing:1' }),
  )
  const { id } = await run(hub, 'true', { cluster: 'other' })
  await until(async () => (await podOf(hub, id)).reason !== undefined)
  expect(await podOf(hub, id)).toMatchObject({
    state: 'starting',
    reason: expect.stringMatching(/its image cannot be had: ErrImagePull/) as string,
  })
  const { items } = await hub.call<{ items: { kind: string }[] }>('event_list', {
    after: 0,
    limit: 500,
  })
  expect(items.map(({ kind }) => kind)).toContain('pod.waiting')
})

test('a hub that was killed finds its pods again, also those that ended meanwhile', async () => {
  const double = await startDouble()
  const hub = new ProcessHub(makeFolder('kube-hub'))
  onTestFinished(() => hub.kill())
  await hub.start()
  const client = hub.client()
  await client.call('cluster_add', argsOf(double))
  const command = (script: string) => ({ command: ['/bin/sh', '-c', script], cluster: 'kube' })
  const long = await client.call<Pod>('pod_run', command('echo up; sleep 60'))
  const short = await client.call<Pod>('pod_run', command('sleep 2; echo words; exit 5'))
  await hub.kill()
  await until(() =>
    double.objects
      .list('pods', undefined)
      .some(({ metadata, status }) => metadata.name === short.id && status?.phase === 'Failed'),
  )
  await hub.start()
  const read = (pod: string) => client.call<Pod>('pod_read', { pod })
  await until(async () => (await read(short.id)).state === 'exited')
  expect(await read(short.id)).toMatchObject({ exitCode: 5 })
  expect(await client.call('pod_log', { pod: short.id })).toMatchObject({ data: 'words\n' })
  await client.call('pod_delete', { pod: long.id, grace_ms: 0 })
  await until(async () => (await read(long.id)).state === 'exited')
  expect(double.objects.list('pods', undefined)).toEqual([])
})

test('a cluster of one org takes no pods of another', async () => {
  const double = await startDouble()
  const hub = await startHub()
  await hub.call('cluster_add', argsOf(double, { orgs: ['acme'], org: 'acme' }))
  expect(await failure(run(hub, 'true'))).toMatchObject({
    code: 'denied',
    message: 'the cluster kube is not for the org default',
  })
  const pod = await run(hub, 'exit 3', { org: 'acme' })
  await isIn(hub, pod.id, 'exited')
  expect(await podOf(hub, pod.id)).toMatchObject({ exitCode: 3 })
})

test('a cluster that is gone for good is forgotten with its pods, a removed namespace is made anew', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const { namespaceMark: mark } = await hub.call<{ namespaceMark: string }>(
    'cluster_add',
    argsOf(double),
  )
  double.objects.delete(`namespaces  switchyard-default-${mark}`)
  expect(await failure(run(hub, 'true'))).toMatchObject({ code: 'not_found' })
  const pod = await run(hub, 'sleep 60')
  await isIn(hub, pod.id, 'running')
  double.state.fails = { status: 503, body: { message: 'gone' } }
  const remove = (forget: boolean) => hub.call('cluster_remove', { cluster: 'kube', forget })
  expect(await failure(remove(false))).toMatchObject({ code: 'conflict' })
  expect(await remove(true)).toEqual({ cluster: 'kube', removed: false })
  expect(await podOf(hub, pod.id)).toMatchObject({
    state: 'exited',
    reason: 'the cluster kube was removed',
  })
})

test('a pod that has not begun has written nothing yet, which is no error', async () => {
  const double = await startDouble()
  const hub = await startHub()
  await hub.call('cluster_add', argsOf(double, { image: 'docker.io/local/missing:1' }))
  const { id } = await run(hub, 'true')
  await until(async () => (await podOf(hub, id)).reason?.includes('pull') ?? false)
  expect(await hub.call('pod_log', { pod: id })).toMatchObject({ data: '' })
  await hub.call('pod_delete', { pod: id, grace_ms: 0 })
})
