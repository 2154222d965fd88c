import { readFileSync } from 'node:fs'
import { request } from 'undici'
import { expect } from 'vitest'
import type { Cluster } from '../../../schemas/cluster.ts'
import { kubernetesDrivers } from '../../servers/cluster/kubernetes-drivers.ts'
import { specOf } from '../../servers/cluster/pod-specs.ts'
import type { TestHub } from '../hub.ts'
import { failure, until } from '../hub.ts'
import { makeKind } from './kinds.ts'
import { installClusterApi, makeWorkload, publishKubeconfig } from './cluster-api.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Added } from './real.ts'
import { argsOf, isIn, protectPods, runIn } from './real.ts'

/** What is said where something was done twice, is gone, or comes in pages. */
export async function rareExchanges(url: string, at: { kubeconfig: string; context: string }) {
  const make = kubernetesDrivers(at, { storageClass: 'local' })
  const driver = make()
  const spec = specOf('sleep 60', { env: { WORD: 'word' }, workspace: { key: 'kept', mounts: [] } })
  const { handle } = await driver.start(spec)
  await driver.start(spec)
  const again = make()
  await again.premises.ensure(spec.org)
  await again.close()
  await driver.stop(spec.id, 0, '')
  await until(async () => (await driver.adopt(spec, handle)) === undefined)
  await driver.sweep(new Set())
  await driver.premises.forgetWork(spec.org, 'kept')
  await driver.premises.forgetWork(spec.org, 'never')
  await driver.premises.remove()
  await driver.close()
  const get = async (path: string) => (await request(`${url}${path}`)).body.text()
  const first = JSON.parse(await get('/api/v1/nodes?limit=2')) as { metadata: { continue: string } } // A list.
  await get(`/api/v1/nodes?limit=2&continue=${first.metadata.continue}`)
  await get(
    '/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=1&timeoutSeconds=5&labelSelector=a%3Db',
  )
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [] } }
  const nowhere = '/api/v1/namespaces/nowhere/pods?fieldValidation=Strict'
  await (
    await request(`${url}${nowhere}`, { method: 'POST', body: JSON.stringify(pod) })
  ).body.text()
  const admission = '/apis/admissionregistration.k8s.io/v1'
  for (const path of [
    '/api/v1/namespaces/default/pods/missing',
    '/api/v1/namespaces/missing',
    `${admission}/validatingadmissionpolicies/missing`,
    `${admission}/validatingadmissionpolicybindings/missing`,
  ]) {
    const body = path.includes('/pods/') ? '{}' : null
    await (await request(`${url}${path}`, { method: 'DELETE', body })).body.text()
  }
  await get('/api/v1/namespaces/missing')
}

/** What is said where access comes from elsewhere than a kubeconfig. */
export async function sourceExchanges(hub: TestHub, plane: ControlPlane, kubeconfig: string) {
  const account = { cluster: 'account', kubeconfig, least_privilege: true }
  await hub.call('cluster_add', argsOf(plane, account))
  await hub.call('cluster_check', { cluster: 'account' })
  const { context } = plane
  await hub.call('cluster_renew', { cluster: 'account', kubeconfig, context })
  await hub.call('cluster_remove', { cluster: 'account' })
  const workload = { cluster: 'blue', source: 'cluster-api', management: 'kube', name: 'blue' }
  const add = () => hub.call('cluster_add', argsOf(plane, workload))
  expect(await failure(add())).toMatchObject({ code: 'unsupported' })
  await installClusterApi(plane)
  await makeWorkload(plane, 'blue')
  expect(await failure(add())).toMatchObject({ code: 'not_found' })
  const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as object // Written above.
  const current = { ...config, 'current-context': plane.context }
  await publishKubeconfig(plane, 'blue', JSON.stringify(current))
  await add()
  await hub.call('cluster_remove', { cluster: 'blue' })
}

/** What is said where pods are resized, refused an eviction and evicted, and where a node is closed. */
export async function movedExchanges(hub: TestHub, plane: ControlPlane, mark: string) {
  const { id: pod } = await runIn(hub)
  await isIn(hub, pod, 'running')
  await hub.call('pod_resize', { pod, cpus: 0.2 })
  const budget = await protectPods(plane, mark)
  await failure(hub.call('pod_evict', { pod, reason: 'too early' }))
  await budget.remove()
  await until(async () =>
    hub.call('pod_evict', { pod, reason: 'in time', grace_ms: 0 }).then(
      () => true,
      () => false,
    ),
  )
  await isIn(hub, pod, 'exited')
  const node = { cluster: 'kube', node: 'fake-3' }
  await hub.call('node_drain', { ...node, action: 'cordon' })
  await hub.call('node_drain', { ...node, action: 'uncordon' })
}

/** What is said to a cluster that has the kinds of Kueue, which nobody acts on there. */
export async function queueExchanges(hub: TestHub, plane: ControlPlane, url: string, args: object) {
  const group = 'kueue.x-k8s.io'
  for (const [kind, plural] of [
    ['LocalQueue', 'localqueues'],
    ['Workload', 'workloads'],
  ] as const)
    await makeKind(plane, `${group}/v1beta1`, { kind, plural })
  const workloads = `/apis/${group}/v1beta1/namespaces/default/workloads`
  const list = async () =>
    request(`${url}${workloads}?labelSelector=a%3Db&limit=500`).then(async (answer) => {
      await answer.body.text()
      return answer.statusCode === 200
    })
  await until(list, 60_000)
  const labels = { 'kueue.x-k8s.io/job-uid': 'some' }
  const metadata = { name: 'w', namespace: 'default', labels }
  await plane.api('POST', workloads, {
    ...{ apiVersion: `${group}/v1beta1`, kind: 'Workload', metadata },
    status: {
      conditions: [
        { type: 'QuotaReserved', status: 'False', reason: 'Pending', message: 'no quota' },
      ],
    },
  })
  await (await request(`${url}${workloads}?limit=500`)).body.text()
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.at(-1)?.extensions).toEqual([`kueue (${group}/v1beta1)`])
  const { namespaceMark: mark } = await hub.call<Added>('cluster_add', {
    ...args,
    cluster: 'queued',
    queue: 'all',
  })
  const queues = `/apis/${group}/v1beta1/namespaces/switchyard-default-${mark}/localqueues`
  const { body } = await plane.api('GET', `${queues}/switchyard`)
  expect(body).toMatchObject({ spec: { clusterQueue: 'all' } })
  const { id: pod } = await runIn(hub, { cluster: 'queued' })
  const found = await plane.api('GET', `/api/v1/namespaces/switchyard-default-${mark}/pods/${pod}`)
  expect(found.body).toMatchObject({
    metadata: { labels: { 'kueue.x-k8s.io/queue-name': 'switchyard' } },
  })
  await hub.call('pod_delete', { pod, grace_ms: 0 })
  await isIn(hub, pod, 'exited')
  await hub.call('cluster_remove', { cluster: 'queued' })
}
