import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasKustomize, kustomizeFolder } from '../helpers/deploy-files.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { argsOf, canRunReal, realPlane } from '../helpers/kubernetes/real.ts'

type Pod = {
  metadata: { uid: string }
  spec: { nodeName?: string; containers: { image: string }[] }
  status: { phase: string }
}

describe.skipIf(!canRunReal() || !hasKustomize())(
  'what stands in deploy, on a control plane',
  () => {
    const real = realPlane()
    const kubectl = (...args: string[]) => {
      const ran = spawnSync('kubectl', ['--kubeconfig', real.plane().kubeconfig, ...args], {
        encoding: 'utf8',
        timeout: 120_000,
      })
      return { code: ran.status, out: ran.stdout, err: ran.stderr }
    }
    const done = (...args: string[]) => {
      const { code, out, err } = kubectl(...args)
      expect(err).toBe('')
      expect(code).toBe(0)
      return out
    }
    const namespace = '/api/v1/namespaces/switchyard'
    const hubPod = async () =>
      (await real.plane().api('GET', `${namespace}/pods/hub-0`)).body as Partial<Pod> // Or a refusal.
    const runsWith = (image: string) =>
      until(async () => {
        const { spec, status } = await hubPod()
        return status?.phase === 'Running' && spec?.containers[0]?.image === image
      }, 60_000)

    /** A place for the hub's data, which a cluster's provisioner would make. */
    const makeVolume = (name: string, storage: string, storageClassName: string) =>
      real.plane().api('POST', '/api/v1/persistentvolumes', {
        apiVersion: 'v1',
        kind: 'PersistentVolume',
        metadata: { name },
        spec: {
          capacity: { storage },
          accessModes: ['ReadWriteOnce'],
          storageClassName,
          hostPath: { path: `/nowhere/${name}` },
        },
      })
    const apply = (name: string) => {
      const folder = kustomizeFolder(name)
      onTestFinished(async () => {
        kubectl('delete', '--wait=false', '--ignore-not-found', '-k', folder)
        const gone = async () => (await real.plane().api('GET', namespace)).status === 404
        await until(gone, 120_000)
      }, 150_000)
      return done('apply', '--server-side', '--validate=strict', '-k', folder)
    }

    test('the production overlay is accepted without a warning, and its hub is let in and placed', async () => {
      await makeVolume('fast', '100Gi', 'fast')
      const said = apply('overlays/production')
      for (const what of [
        'namespace/switchyard',
        'serviceaccount/hub',
        'clusterrole.rbac.authorization.k8s.io/switchyard',
        'statefulset.apps/hub',
        'networkpolicy.networking.k8s.io/hub',
        'poddisruptionbudget.policy/hub',
        'ingress.networking.k8s.io/hub',
      ])
        expect(said).toContain(`${what} serverside-applied`)
      await until(async () => (await hubPod()).status?.phase === 'Running', 60_000)
      expect((await hubPod()).spec?.nodeName).toMatch(/^fake-/)

      // Its account may do what a hub does; that is what cluster_add looks at.
      const { body } = await real.plane().api('POST', `${namespace}/serviceaccounts/hub/token`, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {},
      })
      const { token } = (body as { status: { token: string } }).status // A TokenRequest.
      const own = JSON.parse(readFileSync(real.plane().kubeconfig, 'utf8')) as object // By the helper.
      const kubeconfig = join(makeFolder(), 'config')
      writeFileSync(
        kubeconfig,
        JSON.stringify({ ...own, users: [{ name: 'admin', user: { token } }] }),
      )
      const hub = await startHub()
      await hub.call('cluster_add', argsOf(real.plane(), { kubeconfig }))
      await hub.call('cluster_remove', { cluster: 'kube' })
    })

    test('a release that does not come up is rolled back as the README says', async () => {
      await makeVolume('standard', '20Gi', '')
      apply('overlays/k3d')
      const image = 'docker.io/library/switchyard:dev'
      await runsWith(image)
      const first = (await hubPod()).metadata?.uid
      done('-n', 'switchyard', 'set', 'image', 'statefulset/hub', 'hub=registry.example.org/bad:2')
      done('-n', 'switchyard', 'rollout', 'undo', 'statefulset/hub')
      // The set does not replace a pod that never became ready, whatever it is told.
      done('-n', 'switchyard', 'delete', '--wait=false', 'pod', 'hub-0')
      await until(async () => {
        const uid = (await hubPod()).metadata?.uid
        return uid !== undefined && uid !== first
      }, 60_000)
      await runsWith(image)
    })

    test('the base keeps the only hub from an eviction', async () => {
      await makeVolume('second', '20Gi', '')
      const folder = kustomizeFolder('base')
      onTestFinished(() => void kubectl('delete', '--wait=false', '-k', folder))
      done('apply', '--server-side', '--validate=strict', '-k', folder)
      await until(async () => (await hubPod()).status?.phase === 'Running', 60_000)
      // A node without a kubelet says nothing of being ready, so it is said here.
      const ready = { type: 'Ready', status: 'True' }
      await real
        .plane()
        .api(
          'PATCH',
          `${namespace}/pods/hub-0/status`,
          { status: { conditions: [ready] } },
          'application/strategic-merge-patch+json',
        )
      const evict = () =>
        real.plane().api('POST', `${namespace}/pods/hub-0/eviction`, {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: 'hub-0', namespace: 'switchyard' },
        })
      await until(async () => (await evict()).status === 429, 60_000)
    })
  },
)
