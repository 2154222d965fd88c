import { beforeAll, describe, expect, test } from 'vitest'
import type { Pod } from '../../schemas/cluster.ts'
import type { Task } from '../../schemas/task.ts'
import { git } from '../../servers/kit/git.ts'
import { makeFolder } from '../helpers/folder.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub, until } from '../helpers/hub.ts'
import { agentImage, loadAgentImage } from '../helpers/kubernetes/agent-image.ts'
import { argsOf, canRunReal } from '../helpers/kubernetes/real.ts'
import { realCluster } from '../helpers/kubernetes/real-cluster.ts'
import { whyNoNode } from '../helpers/kubernetes/real-node.ts'
import { makeRepo } from '../helpers/repo.ts'
import { submitRepair, underReview, writePolicy } from '../helpers/review.ts'
import { logOf } from '../helpers/run-task.ts'

const requirements = { cluster: 'kube' }
const taskOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ task: Task }>('task_read', { task })).task
const podsOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ items: Pod[] }>('pod_list', { task, ended: true })).items

describe.skipIf(!canRunReal() || whyNoNode() !== undefined)('agents on a real kubelet', () => {
  const real = realCluster()
  beforeAll(() => loadAgentImage(real.node()), 300_000)

  /** A hub that listens where pods reach it, and the cluster as one that runs agents. */
  async function agentHub(data = makeFolder('hub')): Promise<TestHub> {
    const host = real.node().gateway
    const hub = await startHub({ data, host, dispatch: 'local', leaseMs: 5000 })
    const asked = { agent_image: agentImage, hub_url: hub.url, storage_class: 'local' }
    await hub.call('cluster_add', argsOf(real.plane(), asked))
    return hub
  }

  test('a task goes from submit to merged change in a real pod', async () => {
    const data = makeFolder('hub')
    writePolicy(data, { required: 1, updateCheckout: true })
    const hub = await agentHub(data)
    const repo = await makeRepo()
    const { id } = await submitRepair(hub.client, repo, { requirements })
    const { change, diff } = await underReview(hub.client, id, 1)
    expect(diff).toContain('a + b')
    const [pod] = await podsOf(hub, id)
    expect(pod).toMatchObject({ cluster: 'kube', node: real.node().name, isolation: 'container' })
    const dora = await hub.as('dora', 'developer')
    await dora.call('change_review', { change: change.id, verdict: 'accept' })
    const merge = { change: change.id, expect_head: change.head, update_checkout: true }
    await dora.call('change_merge', merge)
    await until(async () => (await taskOf(hub, id)).state === 'succeeded')
    expect(await git(['-C', repo, 'show', 'main:src/sum.js'])).toContain('a + b')
    await hub.call('cluster_remove', { cluster: 'kube', forget: true })
  })

  test('a pod that is taken away leaves its work to the next one of the task', async () => {
    const hub = await agentHub()
    const script =
      'id -u; touch /opt/x 2>&1; ls /var/run/secrets; if test -f half; then cat half; else echo half >half; sleep 600; fi'
    const { id } = await hub.call<Task>('task_submit', {
      title: 'work',
      template: 'command',
      params: { command: script },
      requirements,
    })
    await until(async () => (await logOf(hub, id)).includes('switchyard\n'))
    const [first] = await podsOf(hub, id)
    const { body } = await real.plane().api('GET', '/api/v1/pods')
    const { items } = body as { items: { metadata: { name: string; namespace: string } }[] } // A list.
    const { namespace, name } = items.find(({ metadata }) => metadata.name === first!.id)!.metadata
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`
    expect((await real.plane().api('POST', `${path}/eviction`, eviction)).status).toBe(201)
    await until(async () => (await taskOf(hub, id)).state === 'succeeded', 150_000)
    const log = await logOf(hub, id)
    expect(log).toContain('65532')
    expect(log).toContain('Read-only file system')
    expect(log).toContain('half\n')
    expect(await podsOf(hub, id)).toHaveLength(2)
    await hub.call('cluster_remove', { cluster: 'kube', forget: true })
  })

  // The probe gives an agent two and a half minutes.
  test.skipIf(!process.env.SWITCHYARD_TEST_SLOW)(
    'an agent that is stuck is ended by the probe',
    async () => {
      const hub = await agentHub()
      const { id } = await hub.call<Task>('task_submit', {
        title: 'stuck',
        template: 'command',
        // Nothing inside a container can stop its first process: the file is made old instead.
        params: {
          command: 'while :; do touch -d "10 minutes ago" /tmp/agent-alive; sleep 0.3; done',
        },
        max_attempts: 1,
        requirements,
      })
      await until(async () => (await podsOf(hub, id))[0]?.state === 'running')
      const begun = performance.now()
      await until(async () => (await podsOf(hub, id))[0]?.state === 'exited', 400_000)
      console.log(`ended after ${Math.round((performance.now() - begun) / 1000)} s`)
      await hub.call('cluster_remove', { cluster: 'kube', forget: true })
    },
  )
})
