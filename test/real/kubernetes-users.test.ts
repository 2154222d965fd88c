import { describe, expect, test } from 'vitest'
import { documentedRole } from '../helpers/deploy-files.ts'
import { failure, startHub } from '../helpers/hub.ts'
import { agentIn, agents, newAccount, podToken, whoami } from '../helpers/kubernetes/accounts.ts'
import type { Added } from '../helpers/kubernetes/real.ts'
import { argsOf, canRunReal, isIn, realPlane } from '../helpers/kubernetes/real.ts'

describe.skipIf(!canRunReal())('a real control plane and its users', () => {
  const real = realPlane()

  test('a user who may too little is told what is missing, and the documented role is enough', async () => {
    const hub = await startHub({ allowedHosts: '192.0.2.7:7070' })
    const plane = real.plane()
    const kubeconfig = await newAccount(plane, 'weak')
    expect(
      await failure(hub.call('cluster_add', argsOf(plane, { kubeconfig, ...agents }))),
    ).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(
        /may not: .*get pods\/exec, create pods\/exec.*create authentication.k8s.io\/tokenreviews/,
      ) as string,
    })
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    expect((await plane.api('POST', `${rbac}/clusterroles`, documentedRole())).status).toBe(201)
    await plane.api('POST', `${rbac}/clusterrolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'switchyard' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'switchyard' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'weak' }],
    })
    const { namespaceMark: mark } = await hub.call<Added>(
      'cluster_add',
      argsOf(plane, { kubeconfig, ...agents }),
    )
    const pod = await agentIn(hub)
    expect(
      await whoami(hub, await podToken(plane, mark, pod.id, `switchyard-${mark}`)),
    ).toMatchObject({ id: `agent-${pod.id}` })
    await isIn(hub, pod.id, 'running')
    await hub.call('pod_delete', { pod: pod.id, grace_ms: 0 })
    await isIn(hub, pod.id, 'exited')
    await hub.call('cluster_remove', { cluster: 'kube' })
  })

  test('a pod is who the cluster says, by the token it puts there for the hub', async () => {
    const hub = await startHub({ allowedHosts: '192.0.2.7:7070' })
    const plane = real.plane()
    const add = (cluster: string) =>
      hub.call<Added>('cluster_add', argsOf(plane, { ...agents, cluster }))
    const { namespaceMark: mark, guards } = await add('kube')
    expect(guards?.admission).toBe('enforced')
    const { namespaceMark: other } = await add('second')
    const pod = await agentIn(hub)
    const tokenFor = (audience: string) => podToken(plane, mark, pod.id, audience)
    const token = await tokenFor(`switchyard-${mark}`)
    expect(await whoami(hub, token)).toMatchObject({ id: `agent-${pod.id}`, roles: ['agent'] })
    const [head, claims] = token.split('.')
    for (const wrong of [
      await tokenFor(`switchyard-${other}`),
      await tokenFor('https://kubernetes.default.svc'),
      `${head}.${claims}.${'A'.repeat(342)}`,
    ])
      expect(await failure(whoami(hub, wrong))).toMatchObject({ code: 'unauthenticated' })
    const fresh = await tokenFor(`switchyard-${mark}`)
    await plane.restartApi(async () => {
      expect(await failure(whoami(hub, fresh))).toMatchObject({ code: 'unavailable' })
    })
    expect(await whoami(hub, fresh)).toMatchObject({ id: `agent-${pod.id}` })
    await hub.call('pod_delete', { pod: pod.id, grace_ms: 0 })
    await isIn(hub, pod.id, 'exited')
    for (const late of [token, fresh])
      expect(await failure(whoami(hub, late))).toMatchObject({ code: 'unauthenticated' })
    for (const cluster of ['kube', 'second']) await hub.call('cluster_remove', { cluster })
  })
})
