import { describe, expect, test } from 'vitest'
import type { Capacity, Cluster, Pod } from '../../schemas/cluster.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import type { Added } from '../helpers/kubernetes/real.ts'
import { argsOf, canRunReal, isIn, podOf, realPlane, runIn } from '../helpers/kubernetes/real.ts'

describe.skipIf(!canRunReal())('a real control plane', () => {
  const real = realPlane()
  const addTo = (hub: TestHub, more: object = {}): Promise<Added> =>
    hub.call<Added>('cluster_add', argsOf(real.plane(), more))
  const objectsOf = async (path: string) => {
    const { body } = await real.plane().api('GET', path)
    return (body as { items: { metadata: { name: string; namespace: string } }[] }).items // A list.
  }
  const cordon = (name: string, unschedulable: true | null) =>
    real
      .plane()
      .api(
        'PATCH',
        `/api/v1/nodes/${name}`,
        { spec: { unschedulable } },
        'application/merge-patch+json',
      )

  test('a cluster is added, its baseline stands and acts, and all goes with it', async () => {
    const hub = await startHub()
    const {
      version,
      namespaceMark: mark,
      guards,
    } = await addTo(hub, {
      hub_url: 'https://192.0.2.7:7070',
      egress: ['198.51.100.0/24'],
    })
    expect(version).toBe('v1.36.2')
    expect(guards).toEqual({
      podSecurity: 'enforced',
      admission: 'enforced',
      quota: 'enforced',
      networkPolicy: 'unknown',
      networkPolicyReason: 'a node says that a pod runs, and gives it no address in the network',
    })
    const namespace = `switchyard-default-${mark}`
    const { body } = await real
      .plane()
      .api('GET', `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies/allowed`)
    expect(body).toMatchObject({
      spec: {
        policyTypes: ['Egress'],
        egress: [
          { to: [{ podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }] },
          { to: [{ ipBlock: { cidr: '192.0.2.7/32' } }], ports: [{ protocol: 'TCP', port: 7070 }] },
          { to: [{ ipBlock: { cidr: '198.51.100.0/24' } }] },
        ],
      },
    })
    const { items } = await hub.call<{ items: Capacity[] }>('node_list')
    expect(items.filter(({ cluster }) => cluster === 'kube')).toHaveLength(4)
    const pod = await runIn(hub, { tags: ['disk:ssd'] })
    await isIn(hub, pod.id, 'running')
    expect((await podOf(hub, pod.id)).node).toMatch(/^fake-/)
    await real.nodes().finish(namespace, pod.id, 3)
    await isIn(hub, pod.id, 'exited')
    expect(await podOf(hub, pod.id)).toMatchObject({ exitCode: 3 })
    await hub.call('cluster_remove', { cluster: 'kube' })
    await until(
      async () =>
        (await objectsOf('/api/v1/namespaces')).every(
          ({ metadata }) => metadata.name !== namespace,
        ),
      60_000,
    )
    expect(
      await objectsOf('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'),
    ).toEqual([])
  })

  test('what the quota refuses is said, and what no node takes says why', async () => {
    const hub = await startHub()
    await addTo(hub, { limits: { pods: 3, cpus: 4 } })
    expect(await failure(runIn(hub, { resources: { cpus: 6, memoryMb: 64 } }))).toMatchObject({
      code: 'exhausted',
      message: expect.stringContaining('exceeded quota') as string,
    })
    const names = ['fake-0', 'fake-1', 'fake-2', 'fake-3']
    for (const name of names) await cordon(name, true)
    // What placement knows is some seconds old, so a pod may be sent where nothing takes it any more.
    const { id } = await runIn(hub)
    await until(async () => (await podOf(hub, id)).reason !== undefined, 60_000)
    expect(await podOf(hub, id)).toMatchObject({
      state: 'starting',
      reason: expect.stringMatching(/no node takes it: 0\/4 nodes are available/) as string,
    })
    for (const name of names) await cordon(name, null)
    await isIn(hub, id, 'running')
    expect((await podOf(hub, id)).reason).toBeUndefined()
    await hub.call('pod_delete', { pod: id, grace_ms: 0 })
    await isIn(hub, id, 'exited')
    await hub.call('cluster_remove', { cluster: 'kube' })
  })

  test('a hundred pods at once all run, and all end', async () => {
    const hub = await startHub({ maxPods: 200 })
    await addTo(hub)
    const begun = performance.now()
    const pods = await Promise.all(Array.from({ length: 100 }, () => runIn(hub)))
    await until(async () => {
      const { items } = await hub.call<{ items: Pod[] }>('pod_list', { limit: 200 })
      return items.length === 100 && items.every(({ state }) => state === 'running')
    }, 120_000)
    const ran = performance.now()
    await Promise.all(pods.map(({ id }) => hub.call('pod_delete', { pod: id, grace_ms: 0 })))
    await until(
      async () => (await hub.call<{ items: Pod[] }>('pod_list', { limit: 200 })).items.length === 0,
      120_000,
    )
    console.log(
      `100 pods: ${Math.round(ran - begun)} ms until all run, ${Math.round(performance.now() - ran)} ms until all are gone`,
    )
    await hub.call('cluster_remove', { cluster: 'kube' })
  })

  test('an API server that is killed under a watch loses nothing', async () => {
    const hub = await startHub()
    const { namespaceMark: mark } = await addTo(hub)
    const [kept, ended] = [await runIn(hub), await runIn(hub)]
    for (const { id } of [kept, ended]) await isIn(hub, id, 'running')
    await real.plane().restartApi(async () => {
      const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
      expect(items.at(-1)?.health.state).toBe('unreachable')
      expect((await podOf(hub, kept.id)).state).toBe('running')
    })
    await real.nodes().finish(`switchyard-default-${mark}`, ended.id, 0)
    await isIn(hub, ended.id, 'exited')
    expect((await podOf(hub, kept.id)).state).toBe('running')
    await hub.call('pod_delete', { pod: kept.id, grace_ms: 0 })
    await isIn(hub, kept.id, 'exited')
    await hub.call('cluster_remove', { cluster: 'kube' })
  })

  test('two registrations of one cluster at once touch nothing of each other', async () => {
    const [one, two] = [await startHub(), await startHub()]
    const marks = [await addTo(one), await addTo(two)].map(({ namespaceMark }) => namespaceMark)
    await addTo(one, { cluster: 'second', tags: ['second'] })
    const mine = await runIn(one, { cluster: undefined, tags: ['second'] })
    expect(mine.cluster).toBe('second')
    const [a, b] = [await runIn(one), await runIn(two)]
    for (const [hub, pod] of [
      [one, a],
      [two, b],
      [one, mine],
    ] as const)
      await isIn(hub, pod.id, 'running')
    const live = new Set<string>()
    expect((await one.hub.clusters.get('kube').sweep(live)).killed).toBe(1)
    await isIn(one, a.id, 'exited')
    expect((await podOf(two, b.id)).state).toBe('running')
    expect((await podOf(one, mine.id)).state).toBe('running')
    expect(new Set(marks).size).toBe(2)
    await two.call('pod_delete', { pod: b.id, grace_ms: 0 })
    await one.call('pod_delete', { pod: mine.id, grace_ms: 0 })
    await isIn(two, b.id, 'exited')
    await isIn(one, mine.id, 'exited')
    for (const [hub, cluster] of [
      [one, 'kube'],
      [one, 'second'],
      [two, 'kube'],
    ] as const)
      await hub.call('cluster_remove', { cluster })
  })
})
