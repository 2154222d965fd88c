import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { KeptToken } from '../../servers/cluster/drivers/kubernetes/account-token.ts'
import { listClusters } from '../../servers/cluster/store/clusters.ts'
import { driverOf, shelfOf } from '../../servers/cluster/registered.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import type { Added } from '../helpers/kubernetes/real.ts'
import { argsOf, canRunReal, isIn, realPlane, runIn } from '../helpers/kubernetes/real.ts'

/** The token that the hub keeps, which no tool hands out. */
async function tokenOf({ hub }: TestHub): Promise<KeptToken> {
  const [added] = await listClusters(hub.store.reader)
  const source = added?.settings.source
  if (source?.source !== 'account') throw new Error('the hub has no account there')
  const kept = await shelfOf(added!, source.server, hub).read()
  return KeptToken.parse(kept)
}

describe.skipIf(!canRunReal())('a real control plane and the account of a hub', () => {
  const real = realPlane()
  const names = async (path: string) => {
    const { body } = await real.plane().api('GET', path)
    return (body as { items: { metadata: { name: string } }[] }).items.map(
      ({ metadata }) => metadata.name,
    ) // A list.
  }
  const rbac = '/apis/rbac.authorization.k8s.io/v1'

  test('an administrator’s kubeconfig is used once, and what is left may do the hub’s work alone', async () => {
    const hub = await startHub()
    const { namespaceMark: mark, guards } = await hub.call<Added>(
      'cluster_add',
      argsOf(real.plane(), { least_privilege: true }),
    )
    expect(guards).toMatchObject({ podSecurity: 'enforced', admission: 'enforced' })
    const pod = await runIn(hub)
    await isIn(hub, pod.id, 'running')

    const { token, mintedAt, expiresAt } = await tokenOf(hub)
    expect(expiresAt - mintedAt).toBeLessThanOrEqual(73 * 3600_000)
    const as = real.plane().as(token)
    const own = `switchyard-default-${mark}`
    const status = async (method: string, path: string, body?: unknown, type?: string) =>
      (await as(method, path, body, type)).status
    // Its own work.
    expect(await status('GET', `/api/v1/namespaces/${own}/pods/${pod.id}`)).toBe(200)
    expect(await status('GET', '/api/v1/nodes')).toBe(200)
    // Secrets, what others run, and rights.
    expect(await status('GET', `/api/v1/namespaces/${own}/secrets`)).toBe(403)
    expect(await status('GET', '/api/v1/namespaces/kube-system/secrets')).toBe(403)
    expect(await status('GET', '/api/v1/namespaces/kube-system/pods/x/log')).toBe(403)
    expect(await status('GET', '/api/v1/namespaces/default/configmaps')).toBe(403)
    const bare = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } }
    const spec = { containers: [{ name: 'x', image: 'x' }] }
    expect(await status('POST', '/api/v1/namespaces/default/pods', { ...bare, spec })).toBe(403)
    const binding = (role: string) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'more' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: 'hub', namespace: `switchyard-hub-${mark}` }],
    })
    const bindings = (namespace: string) => `${rbac}/namespaces/${namespace}/rolebindings`
    expect(await status('POST', bindings(own), binding('cluster-admin'))).toBe(403)
    // The role of orgs may be bound, within the namespaces of this registration.
    const elsewhere = await as('POST', bindings('kube-system'), binding(`switchyard-${mark}-org`))
    expect(elsewhere).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('with its own mark alone') as string },
    })
    const others = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'others' } }
    await real.plane().api('POST', '/api/v1/namespaces', others)
    const foreign = await as('DELETE', '/api/v1/namespaces/others')
    expect(foreign.status).toBe(422)
    const relabelled = await as(
      'PATCH',
      '/api/v1/namespaces/others',
      { metadata: { labels: { 'switchyard.dev/hub': mark } } },
      'application/merge-patch+json',
    )
    expect(relabelled.status).toBe(422)

    // Neither the administrator's key nor the token lies readable in the data directory.
    const config = JSON.parse(readFileSync(real.plane().kubeconfig, 'utf8')) as {
      users: [{ user: { 'client-key-data': string } }]
    } // By the helper.
    for (const file of readdirSync(hub.hub.dataDir, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue
      const bytes = readFileSync(join(file.parentPath, file.name))
      expect(bytes.includes(token)).toBe(false)
      expect(bytes.includes(config.users[0].user['client-key-data'])).toBe(false)
    }

    await hub.call('pod_delete', { pod: pod.id, grace_ms: 0 })
    await isIn(hub, pod.id, 'exited')
    await hub.call('cluster_remove', { cluster: 'kube' })
    await until(
      async () =>
        [
          ...(await names('/api/v1/namespaces')),
          ...(await names(`${rbac}/clusterroles`)),
          ...(await names(`${rbac}/clusterrolebindings`)),
          ...(await names('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies')),
        ].filter((name) => name.includes(mark)).length === 0,
      120_000,
    )
  })

  test('a token that ran out is said, and an administrator renews it', async () => {
    const hub = await startHub()
    const plane = real.plane()
    await hub.call<Added>('cluster_add', argsOf(plane, { least_privilege: true }))
    const [added] = await listClusters(hub.hub.store.reader)
    await shelfOf(added!, plane.url, hub.hub).write({ ...(await tokenOf(hub)), expiresAt: 1 })
    const driver = hub.hub.clusters.get('kube')
    await driver.close()
    hub.hub.clusters.unregister('kube')
    hub.hub.clusters.register(driverOf(added!, hub.hub))
    expect(await failure(hub.call('cluster_check', { cluster: 'kube' }))).toMatchObject({
      code: 'unavailable',
      hint: 'Give it access once more by cluster_renew.',
    })
    const { kubeconfig, context } = plane
    await hub.call('cluster_renew', { cluster: 'kube', kubeconfig, context })
    await hub.call('cluster_check', { cluster: 'kube' })
    await hub.call('cluster_remove', { cluster: 'kube' })
  })
})
