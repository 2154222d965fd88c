import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Pod } from '../../schemas/cluster.ts'
import type { Task } from '../../schemas/task.ts'
import { failure, startHub } from '../helpers/hub.ts'
import { agents, kubeconfigOf, podToken, whoami } from '../helpers/kubernetes/accounts.ts'
import type { Exchange } from '../helpers/kubernetes/exchanges.ts'
import type { Added } from '../helpers/kubernetes/real.ts'
import { argsOf, canRunReal, isIn, realPlane, runIn } from '../helpers/kubernetes/real.ts'
import { sandboxExchanges } from '../helpers/kubernetes/said-sandboxes.ts'
import { startRecorder } from '../helpers/kubernetes/recorder.ts'
import {
  movedExchanges,
  queueExchanges,
  rareExchanges,
  sourceExchanges,
} from '../helpers/kubernetes/said.ts'

describe.skipIf(!canRunReal())('a real control plane', () => {
  const real = realPlane()

  test('what is said between hub and cluster is what the double was made after', async () => {
    const plane = real.plane()
    const recorded = new Map<string, Exchange>()
    const recorder = await startRecorder({ url: plane.url, dispatcher: plane.dispatcher }, recorded)
    onTestFinished(() => recorder.stop())
    const kubeconfig = kubeconfigOf({ server: recorder.url }, 'none', plane.context)
    const hub = await startHub({ allowedHosts: '192.0.2.7:7070' })
    const { namespaceMark: mark } = await hub.call<Added>(
      'cluster_add',
      argsOf(plane, {
        kubeconfig,
        storage_class: 'none',
        ...agents,
        hub_url: agents.hub_url.replace('http:', 'https:'),
        hub_ca: plane.authority,
        egress: ['198.51.100.0/24'],
        limits: { pods: 5, cpus: 2 },
      }),
    )
    const pod = await runIn(hub, { tags: ['disk:ssd'] })
    await isIn(hub, pod.id, 'running')
    await real.nodes().finish(`switchyard-default-${mark}`, pod.id, 4)
    await isIn(hub, pod.id, 'exited')
    await movedExchanges(hub, plane, mark)
    await queueExchanges(hub, plane, recorder.url, argsOf(plane, { kubeconfig }))
    await sandboxExchanges(hub, plane, {
      url: recorder.url,
      args: argsOf(plane, { kubeconfig, storage_class: 'none', ...agents }),
    })
    const other = await runIn(hub)
    // Its volume is never made, so it never runs; what is said of it and of its token is all the same.
    const asked = { title: 't', template: 'command', params: { command: 'true' } }
    const task = await hub.call<Task>('task_submit', asked)
    const agent = await hub.call<Pod>('pod_run', {
      task: task.id,
      cluster: 'kube',
      resources: { cpus: 0.1, memoryMb: 64 },
    })
    const token = await podToken(plane, mark, agent.id, `switchyard-${mark}`)
    expect(await whoami(hub, token)).toMatchObject({ id: `agent-${agent.id}` })
    await failure(whoami(hub, `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`))
    await hub.call('pod_delete', { pod: agent.id, grace_ms: 0 })
    await isIn(hub, other.id, 'running')
    const namespace = `switchyard-default-${mark}`
    await real.nodes().address(namespace, other.id, '192.0.2.9')
    await real.nodes().say(namespace, other.id, {
      reason: 'Odd',
      message: 'told by the test',
      state: { running: null, waiting: { reason: 'ErrImagePull', message: 'none such' } },
    })
    await hub.call('pod_delete', { pod: other.id, grace_ms: 0 })
    await isIn(hub, other.id, 'exited')
    await failure(runIn(hub, { resources: { cpus: 3, memoryMb: 64 } }))
    await rareExchanges(recorder.url, { kubeconfig, context: plane.context })
    await sourceExchanges(hub, plane, kubeconfig)
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
