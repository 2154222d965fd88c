import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createWebServer } from 'node:http'
import { connect, createServer } from 'node:net'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { HubClient } from '../../agent/hub-client.ts'
import type { Cluster } from '../../schemas/cluster.ts'
import type { Task } from '../../schemas/task.ts'
import { hubImage } from '../../scripts/image.ts'
import { hasKustomize, kustomizeFolder } from '../helpers/deploy-files.ts'
import { serveGit } from '../helpers/forgejo/git-backend.ts'
import { until } from '../helpers/hub.ts'
import { agentImage, loadAgentImage } from '../helpers/kubernetes/agent-image.ts'
import { startDns } from '../helpers/kubernetes/cluster-dns.ts'
import { canRunReal } from '../helpers/kubernetes/real.ts'
import { realCluster } from '../helpers/kubernetes/real-cluster.ts'
import { whyNoNode } from '../helpers/kubernetes/real-node.ts'
import { makeRepo } from '../helpers/repo.ts'
import { readTask, submitRepair, underReview } from '../helpers/review.ts'
import { logOf } from '../helpers/run-task.ts'

const whyNot = whyNoNode() ?? (hasKustomize() ? undefined : 'it needs kubectl with kustomize')
if (whyNot !== undefined) console.log(`skipped a hub in a pod: ${whyNot}`)

const overlay = kustomizeFolder('overlays/k3d')
// The name that the overlay has.
const image = 'docker.io/library/switchyard:dev'
const requirements = { cluster: 'here' }

describe.skipIf(!canRunReal() || whyNot !== undefined)('a hub in a pod', () => {
  const real = realCluster('services')
  const kubectl = (...args: string[]) =>
    execFileSync('kubectl', ['--kubeconfig', real.plane().kubeconfig, ...args], {
      encoding: 'utf8',
      timeout: 200_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const inHub = (...args: string[]) =>
    kubectl('-n', 'switchyard', 'exec', 'hub-0', '-c', 'hub', '--', ...args)

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-hub-image-'))
    try {
      const archive = join(folder, 'hub.tar')
      await hubImage(archive, image)
      await real.node().load(archive)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    await loadAgentImage(real.node())
    await startDns(real.plane(), agentImage)
    // A volume without a class is of the default one, as in clusters that make volumes by themselves.
    const isDefault = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    await real
      .plane()
      .api(
        'PATCH',
        '/apis/storage.k8s.io/v1/storageclasses/local',
        { metadata: { annotations: isDefault } },
        'application/merge-patch+json',
      )
  }, 600_000)

  /** The hub by its service, at the port of this machine that is led there. */
  async function reachHub(): Promise<HubClient> {
    const { body } = await real.plane().api('GET', '/api/v1/namespaces/switchyard/services/hub')
    const { clusterIP } = (body as { spec: { clusterIP: string } }).spec // A service.
    const relay = createServer((from) => {
      const to = connect(7070, clusterIP)
      from.pipe(to).pipe(from)
      for (const socket of [from, to]) socket.on('error', () => [from, to].map((s) => s.destroy()))
    })
    await listening(relay, '127.0.0.1')
    const token = inHub('cat', '/data/token').trim()
    return new HubClient({ url: 'http://localhost:7070', token }, 60_000)
  }

  async function listening(server: Server, host: string): Promise<void> {
    await new Promise<void>((resolve) => server.listen(7070, host, resolve))
    onTestFinished(() => void server.close())
  }

  /** The address of a repository that the hub does not have, at a port that its policy lets through. */
  async function foreignRepo(): Promise<string> {
    const repo = await makeRepo()
    execFileSync('git', ['clone', '--quiet', '--bare', repo, `${repo}.git`])
    const server = createWebServer((request, response) => {
      serveGit(dirname(repo), () => true, request, response).catch(() => response.destroy())
    })
    await listening(server, real.node().gateway)
    return `http://${real.node().gateway}:7070/thing`
  }

  test('works in its own cluster, and comes back with all it had', async () => {
    kubectl('apply', '--server-side', '--validate=strict', '-k', overlay)
    onTestFinished(() => void kubectl('delete', '--wait=false', '-k', overlay))
    kubectl('-n', 'switchyard', 'rollout', 'status', 'statefulset/hub', '--timeout=120s')
    inHub(
      ...['node', 'bin/switchyard.js', 'call', 'cluster_add', '--cluster', 'here'],
      ...['--source', 'in-cluster', '--image', agentImage, '--agent_image', agentImage],
      ...['--hub_url', 'http://hub.switchyard.svc:7070', '--storage_class', 'local'],
    )
    const hub = await reachHub()
    const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
    const here = items.find(({ id }) => id === 'here')
    expect(here).toMatchObject({
      health: { state: 'ready' },
      guards: { podSecurity: 'enforced', admission: 'enforced', quota: 'enforced' },
    })
    expect(here?.guards?.networkPolicyReason).toContain(
      'DNS of the cluster is reached, the hub at hub.switchyard.svc:7070 is reached',
    )

    const { path } = await hub.call<{ path: string }>('repo_clone', {
      address: await foreignRepo(),
    })
    const { id } = await submitRepair(hub, path, { requirements })
    const { change } = await underReview(hub, id, 1, 180_000)
    const { token } = await hub.call<{ token: string }>('token_create', {
      name: 'dora',
      role: 'developer',
      orgs: ['default'],
    })
    const dora = hub.withToken(token)
    await dora.call('change_review', { change: change.id, verdict: 'accept' })
    await dora.call('change_merge', {
      change: change.id,
      expect_head: change.head,
      update_checkout: true,
    })
    await until(async () => (await readTask(hub, id)).task.state === 'succeeded')

    const uidOf = () =>
      kubectl('-n', 'switchyard', 'get', 'pod', 'hub-0', '-o', 'jsonpath={.metadata.uid}')
    const first = uidOf()
    const { id: second } = await hub.call<Task>('task_submit', {
      title: 'outlives a hub',
      template: 'command',
      params: { command: 'echo begun; sleep 15; echo done' },
      requirements,
    })
    await until(async () => (await logOf(hub, second)).includes('begun'))
    kubectl('-n', 'switchyard', 'delete', 'pod', 'hub-0')
    await until(() => {
      try {
        return uidOf() !== first
      } catch {
        return false // It is gone, and the next one is not made yet.
      }
    })
    kubectl('-n', 'switchyard', 'rollout', 'status', 'statefulset/hub', '--timeout=120s')
    expect((await readTask(hub, id)).task.state).toBe('succeeded')
    expect(inHub('git', '-C', path, 'show', 'main:src/sum.js')).toContain('a + b')
    await until(async () => (await readTask(hub, second)).task.state === 'succeeded', 180_000)

    // Its probes are the kubelet's: none of them ended it.
    const counts = 'jsonpath={.status.containerStatuses[*].restartCount}'
    expect(kubectl('-n', 'switchyard', 'get', 'pod', 'hub-0', '-o', counts)).toBe('0')
    await hub.call('cluster_remove', { cluster: 'here', forget: true })
  })
})
