import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { yaml } from '../../servers/kit/lazy.ts'
import { makeFolder } from '../helpers/folder.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import type { ControlPlane } from '../helpers/kubernetes/control-plane.ts'
import type { Exchange } from '../helpers/kubernetes/exchanges.ts'
import type { Added } from '../helpers/kubernetes/real.ts'
import { argsOf, canRunReal, isIn, realPlane, runIn } from '../helpers/kubernetes/real.ts'
import { startRecorder } from '../helpers/kubernetes/recorder.ts'
import { kubernetesDrivers } from '../servers/cluster/kubernetes-drivers.ts'
import { specOf } from '../servers/cluster/pod-specs.ts'

const root = join(import.meta.dirname, '../..')

/** A kubeconfig of somebody else than the administrator. */
function kubeconfigOf(cluster: object, token: string, context: string): string {
  const path = join(makeFolder(), 'config')
  const config = {
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}

/** A token of a new account without any right, and the cluster as a kubeconfig names it. */
async function newAccount(plane: ControlPlane, name: string) {
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await plane.api('POST', accounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name },
  })
  const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const { body } = await plane.api('POST', `${accounts}/${name}/token`, asked)
  const { status } = body as { status: { token: string } } // A TokenRequest.
  const own = JSON.parse(readFileSync(plane.kubeconfig, 'utf8')) as {
    clusters: [{ cluster: object }]
  } // By the helper.
  return kubeconfigOf(own.clusters[0].cluster, status.token, plane.context)
}

/** What is said where something was done twice, is gone, or comes in pages. */
async function rareExchanges(url: string, at: { kubeconfig: string; context: string }) {
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
  const missing = '/api/v1/namespaces/default/pods/missing'
  await (await request(`${url}${missing}`, { method: 'DELETE', body: '{}' })).body.text()
}

describe.skipIf(!canRunReal())('a real control plane and its users', () => {
  const real = realPlane()

  test('a user who may too little is told what is missing, and the documented role is enough', async () => {
    const hub = await startHub()
    const plane = real.plane()
    const kubeconfig = await newAccount(plane, 'weak')
    expect(await failure(hub.call('cluster_add', argsOf(plane, { kubeconfig })))).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/may not: .*get pods\/exec, create pods\/exec/) as string,
    })
    const documented =
      /```yaml\n(.*?)```/s.exec(readFileSync(join(root, 'docs/kubernetes.md'), 'utf8'))?.[1] ?? ''
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    const role: unknown = yaml().parse(documented)
    expect((await plane.api('POST', `${rbac}/clusterroles`, role)).status).toBe(201)
    await plane.api('POST', `${rbac}/clusterrolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'switchyard' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'switchyard' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'weak' }],
    })
    await hub.call('cluster_add', argsOf(plane, { kubeconfig }))
    const pod = await runIn(hub)
    await isIn(hub, pod.id, 'running')
    await hub.call('pod_delete', { pod: pod.id, grace_ms: 0 })
    await isIn(hub, pod.id, 'exited')
    await hub.call('cluster_remove', { cluster: 'kube' })
  })

  test('what is said between hub and cluster is what the double was made after', async () => {
    const plane = real.plane()
    const recorded = new Map<string, Exchange>()
    const recorder = await startRecorder({ url: plane.url, dispatcher: plane.dispatcher }, recorded)
    onTestFinished(() => recorder.stop())
    const kubeconfig = kubeconfigOf({ server: recorder.url }, 'none', plane.context)
    const hub = await startHub()
    const { namespaceMark: mark } = await hub.call<Added>(
      'cluster_add',
      argsOf(plane, {
        kubeconfig,
        storage_class: 'local',
        hub_url: 'http://192.0.2.7:7070',
        egress: ['198.51.100.0/24'],
        limits: { pods: 5, cpus: 2 },
      }),
    )
    const pod = await runIn(hub, { tags: ['disk:ssd'] })
    await isIn(hub, pod.id, 'running')
    await real.nodes().finish(`switchyard-default-${mark}`, pod.id, 4)
    await isIn(hub, pod.id, 'exited')
    const other = await runIn(hub)
    await isIn(hub, other.id, 'running')
    const namespace = `switchyard-default-${mark}`
    await real.nodes().say(namespace, other.id, {
      reason: 'Odd',
      message: 'told by the test',
      state: { running: null, waiting: { reason: 'ErrImagePull', message: 'none such' } },
    })
    await hub.call('pod_delete', { pod: other.id, grace_ms: 0 })
    await isIn(hub, other.id, 'exited')
    await failure(runIn(hub, { resources: { cpus: 3, memoryMb: 64 } }))
    await rareExchanges(recorder.url, { kubeconfig, context: plane.context })
    await hub.call('cluster_remove', { cluster: 'kube' })
    const exchanges = [...recorded.values()].sort((a, b) =>
      `${a.request}${a.status}`.localeCompare(`${b.request}${b.status}`),
    )
    expect(exchanges.length).toBeGreaterThan(15)
    if (process.env.SWITCHYARD_TEST_RECORD)
      writeFileSync(
        join(import.meta.dirname, '../fixtures/kubernetes/exchanges.json'),
        `${JSON.stringify({ of: 'Kubernetes v1.36.2', exchanges }, null, 1)}\n`,
      )
  })
})
