import { describe, expect, test } from 'vitest'
import type { Capacity } from '../../schemas/cluster.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import type { Added } from '../helpers/kubernetes/real.ts'
import {
  argsOf,
  canRunReal,
  isIn,
  podOf,
  protectPods,
  realPlane,
  runIn,
} from '../helpers/kubernetes/real.ts'

type Drained = { closed?: string; pods: { pod: string; state: string; reason?: string }[] }

describe.skipIf(!canRunReal())('moving pods in a real control plane', () => {
  const real = realPlane()
  const added = async (hub: TestHub) =>
    (await hub.call<Added>('cluster_add', argsOf(real.plane()))).namespaceMark
  const drain = (hub: TestHub, node: string, more: object = {}) =>
    hub.call<Drained>('node_drain', { cluster: 'kube', node, grace_ms: 0, ...more })

  test('a disruption budget holds an eviction up, and the pod goes once it allows it', async () => {
    const hub = await startHub()
    const mark = await added(hub)
    const { id: pod } = await runIn(hub)
    await isIn(hub, pod, 'running')
    const budget = await protectPods(real.plane(), mark)
    const evict = () => hub.call('pod_evict', { pod, reason: 'an upgrade', grace_ms: 0 })
    const refused = await failure(evict())
    console.log(`under a disruption budget: ${refused.code}: ${refused.message}`)
    expect(refused).toMatchObject({
      code: 'exhausted',
      message: expect.stringContaining("violate the pod's disruption budget") as string,
    })
    expect(await podOf(hub, pod)).toMatchObject({ state: 'running' })
    await budget.remove()
    await until(() =>
      evict().then(
        () => true,
        () => false,
      ),
    )
    await isIn(hub, pod, 'exited')
    expect(await podOf(hub, pod)).toMatchObject({
      evicted: 'an upgrade',
      reason: 'evicted: an upgrade',
    })
    await hub.call('cluster_remove', { cluster: 'kube' })
  })

  test('a drain closes the node, moves what is there, and the scheduler chooses another', async () => {
    const hub = await startHub()
    await added(hub)
    const pods = await Promise.all(Array.from({ length: 8 }, () => runIn(hub)))
    for (const { id } of pods) await isIn(hub, id, 'running')
    const nodeOf = async (pod: string) => (await podOf(hub, pod)).node
    const places = await Promise.all(pods.map(({ id }) => nodeOf(id)))
    const node = places[0] ?? ''
    const there = pods.filter((_pod, at) => places[at] === node).map(({ id }) => id)
    const dry = await drain(hub, node, { dry_run: true })
    expect(dry.pods.map(({ pod }) => pod).sort()).toEqual([...there].sort())
    const drained = await drain(hub, node)
    expect(new Set(drained.pods.map(({ state }) => state))).toEqual(new Set(['moved']))
    for (const pod of there) await isIn(hub, pod, 'exited')
    const { items } = await hub.call<{ items: Capacity[] }>('node_list', { cluster: 'kube' })
    expect(items.find((one) => one.node === node)?.closed).toBe('it is cordoned')
    const { id: next } = await runIn(hub)
    await isIn(hub, next, 'running')
    expect(await nodeOf(next)).not.toBe(node)
    expect((await drain(hub, node, { action: 'uncordon' })).closed).toBeUndefined()
    const rest = [...pods.map(({ id }) => id).filter((id) => !there.includes(id)), next]
    for (const pod of rest) {
      await hub.call('pod_delete', { pod, grace_ms: 0 })
      await isIn(hub, pod, 'exited')
    }
    await hub.call('cluster_remove', { cluster: 'kube' })
  })

  test('a pod that somebody else evicts was evicted, as one that a taint drives out', async () => {
    const hub = await startHub()
    const mark = await added(hub)
    const [one, two] = [(await runIn(hub)).id, (await runIn(hub)).id]
    for (const pod of [one, two]) await isIn(hub, pod, 'running')
    const namespace = `switchyard-default-${mark}`
    await real.plane().api('POST', `/api/v1/namespaces/${namespace}/pods/${one}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: one, namespace },
    })
    await isIn(hub, one, 'exited')
    expect((await podOf(hub, one)).evicted).toMatch(/evicted in the cluster, as a drain does/)
    const node = `/api/v1/nodes/${(await podOf(hub, two)).node}`
    const taint = (taints: object[]) =>
      real.plane().api('PATCH', node, { spec: { taints } }, 'application/merge-patch+json')
    await taint([{ key: 'example.org/gone', effect: 'NoExecute' }])
    await isIn(hub, two, 'exited')
    await taint([])
    const { evicted } = await podOf(hub, two)
    console.log(`driven out by a taint: ${evicted}`)
    expect(evicted).toMatch(/its node is lost, or takes such pods no longer/)
    await hub.call('cluster_remove', { cluster: 'kube' })
  })

  test('a pod is resized where it is', async () => {
    const hub = await startHub()
    const mark = await added(hub)
    const { id: pod } = await runIn(hub)
    await isIn(hub, pod, 'running')
    await hub.call('pod_resize', { pod, cpus: 0.5, memory_mb: 256 })
    const path = `/api/v1/namespaces/switchyard-default-${mark}/pods/${pod}`
    const { body } = await real.plane().api('GET', path)
    expect(body).toMatchObject({
      spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '256Mi' } } }] },
    })
    expect(await failure(hub.call('pod_resize', { pod, cpus: 20 }))).toMatchObject({
      code: 'exhausted',
    })
    await hub.call('pod_delete', { pod, grace_ms: 0 })
    await isIn(hub, pod, 'exited')
    await hub.call('cluster_remove', { cluster: 'kube' })
  })
})
