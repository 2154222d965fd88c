import { expect, test } from 'vitest'
import type { Capacity, Pod } from '../../../../schemas/cluster.ts'
import type { TestHub } from '../../../helpers/hub.ts'
import { failure, startHub, until } from '../../../helpers/hub.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'

const podOf = (hub: TestHub, pod: string) => hub.call<Pod>('pod_read', { pod })
const isIn = (hub: TestHub, pod: string, state: Pod['state']) =>
  until(async () => (await podOf(hub, pod)).state === state)

/** A hub with a cluster in which some pods run. */
async function startPods(double: Double, count: number) {
  const hub = await startHub()
  const image = 'docker.io/local/box:1'
  const { kubeconfig, context } = double
  const { namespaceMark } = await hub.call<{ namespaceMark: string }>('cluster_add', {
    cluster: 'kube',
    kubeconfig,
    context,
    image,
  })
  const command = ['/bin/sh', '-c', 'sleep 60']
  const pods = []
  for (let n = 0; n < count; n++) {
    const { id } = await hub.call<Pod>('pod_run', { command, cluster: 'kube' })
    await isIn(hub, id, 'running')
    pods.push(id)
  }
  return { hub, pods, namespace: `switchyard-default-${namespaceMark}` }
}

const protect = (double: Double, namespace: string) =>
  double.objects.set(`poddisruptionbudgets ${namespace} all`, {
    metadata: { name: 'all', namespace },
  })

test('a pod under a disruption budget stays as it is and says why, and is evicted once it may be', async () => {
  const double = await startDouble()
  const { hub, pods, namespace } = await startPods(double, 1)
  const [pod = ''] = pods
  protect(double, namespace)
  const evict = () => hub.call('pod_evict', { pod, reason: 'an upgrade', grace_ms: 0 })
  expect(await failure(evict())).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('disruption budget') as string,
    hint: expect.stringContaining('pod_delete') as string,
  })
  const stays = await podOf(hub, pod)
  expect(stays).toMatchObject({ state: 'running' })
  expect(stays.evicted).toBeUndefined()
  double.objects.delete(`poddisruptionbudgets ${namespace} all`)
  await evict()
  await isIn(hub, pod, 'exited')
  expect(await podOf(hub, pod)).toMatchObject({
    evicted: 'an upgrade',
    reason: 'evicted: an upgrade',
  })
})

test('a node is closed for all, its pods are moved, and what may not move is named', async () => {
  const double = await startDouble()
  const { hub, pods, namespace } = await startPods(double, 2)
  const drain = (more: object) =>
    hub.call<{ closed?: string; pods: { pod: string; state: string; reason?: string }[] }>(
      'node_drain',
      { cluster: 'kube', grace_ms: 0, ...more },
    )
  const states = (answer: Awaited<ReturnType<typeof drain>>) =>
    answer.pods.map(({ state }) => state)
  const closed = async () => {
    const { items } = await hub.call<{ items: Capacity[] }>('node_list', { cluster: 'kube' })
    return items[0]?.closed
  }
  expect(states(await drain({ dry_run: true }))).toEqual(['would_move', 'would_move'])
  expect(await closed()).toBeUndefined()
  protect(double, namespace)
  const refused = await drain({})
  expect(states(refused)).toEqual(['refused', 'refused'])
  expect(refused.pods[0]?.reason).toMatch(/disruption budget/)
  expect(await closed()).toBe('it is cordoned')
  expect(await failure(hub.call('pod_run', { command: ['true'], cluster: 'kube' }))).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('cordoned') as string,
  })
  double.objects.delete(`poddisruptionbudgets ${namespace} all`)
  expect(states(await drain({}))).toEqual(['moved', 'moved'])
  for (const pod of pods) await isIn(hub, pod, 'exited')
  expect((await drain({ action: 'uncordon' })).closed).toBeUndefined()
  expect(await closed()).toBeUndefined()
  expect(await failure(drain({ node: 'node-9' }))).toMatchObject({
    code: 'not_found',
    hint: expect.stringContaining('node-1') as string,
  })
})

test('what the cluster moves away by itself is an eviction, and what fails there is not', async () => {
  const double = await startDouble()
  const { hub, pods, namespace } = await startPods(double, 4)
  const [pressed = '', preempted = '', drained = '', failed = ''] = pods
  const say = (pod: string, status: object) => {
    const key = `pods ${namespace} ${pod}`
    const known = double.objects.get(key)!
    double.objects.set(key, { ...known, status: { ...known.status, ...status } })
  }
  const target = (reason: string, message: string) => ({
    conditions: [{ type: 'DisruptionTarget', status: 'True', reason, message }],
  })
  const message = 'The node was low on resource: memory.'
  say(pressed, { phase: 'Failed', reason: 'Evicted', message })
  say(preempted, { phase: 'Failed', ...target('PreemptionByScheduler', 'preempting') })
  say(drained, target('EvictionByEvictionAPI', 'Eviction API: evicting'))
  double.objects.delete(`pods ${namespace} ${drained}`)
  say(failed, { phase: 'Failed', reason: 'NodeAffinity', message: 'no' })
  for (const pod of pods) await isIn(hub, pod, 'exited')
  const evicted = await Promise.all(pods.map(async (pod) => (await podOf(hub, pod)).evicted))
  expect(evicted).toEqual([
    `evicted: ${message}`,
    'evicted: a pod of higher priority took its place: preempting',
    'evicted: it was evicted in the cluster, as a drain does: Eviction API: evicting',
    undefined,
  ])
})

test('a pod is given more room where it is, as far as its node has it', async () => {
  const double = await startDouble()
  const { hub, pods, namespace } = await startPods(double, 1)
  const [pod = ''] = pods
  const resize = (more: object) => hub.call<Pod>('pod_resize', { pod, ...more })
  expect(await resize({ cpus: 2, memory_mb: 2048 })).toMatchObject({
    resources: { cpus: 2, memoryMb: 2048 },
  })
  const spec = double.objects.get(`pods ${namespace} ${pod}`)?.spec
  expect(spec).toMatchObject({
    containers: [{ resources: { requests: { cpu: '2000m', memory: '2048Mi' } } }],
  })
  expect(await failure(resize({ cpus: 5 }))).toMatchObject({
    code: 'exhausted',
    message: expect.stringContaining('5 CPUs asked for') as string,
  })
  await hub.call('pod_delete', { pod, grace_ms: 0 })
  await isIn(hub, pod, 'exited')
  expect(await failure(resize({ cpus: 1 }))).toMatchObject({ code: 'conflict' })
})
