import { expect, test } from 'vitest'
import type { Cluster, Pod } from '../../../../schemas/cluster.ts'
import { failure, startHub, until } from '../../../helpers/hub.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'

test('pods wait in a queue of Kueue where the cluster has it, and say why in its words', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const { kubeconfig, context } = double
  const args = {
    cluster: 'kube',
    kubeconfig,
    context,
    image: 'docker.io/local/box:1',
    queue: 'all',
  }
  expect(await failure(hub.call('cluster_add', args))).toMatchObject({
    code: 'unsupported',
    message: 'the cluster has no Kueue, so no queue all',
  })
  for (const name of ['kueue.x-k8s.io/v1beta1', 'agents.x-k8s.io/v1beta1'])
    double.objects.set(`groups  ${name}`, { metadata: { name } })
  const added = await hub.call<{ namespaceMark: string }>('cluster_add', args)
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.at(-1)?.extensions).toEqual([
    'kueue (kueue.x-k8s.io/v1beta1)',
    'agent-sandbox (agents.x-k8s.io/v1beta1)',
  ])
  const namespace = `switchyard-default-${added.namespaceMark}`
  expect(double.objects.get(`localqueues ${namespace} switchyard`)?.spec).toEqual({
    clusterQueue: 'all',
  })
  const { id: pod } = await hub.call<Pod>('pod_run', { command: ['true'], cluster: 'kube' })
  const read = () => hub.call<Pod>('pod_read', { pod })
  await until(async () => (await read()).reason === 'it is gated in the cluster')
  const uid = double.objects.get(`pods ${namespace} ${pod}`)?.metadata.uid ?? ''
  const message = "couldn't assign flavors to pod set main: insufficient unused quota for cpu"
  double.objects.set(`workloads ${namespace} pod-x`, {
    metadata: { name: 'pod-x', namespace, labels: { 'kueue.x-k8s.io/job-uid': uid } },
    status: {
      conditions: [{ type: 'QuotaReserved', status: 'False', reason: 'Pending', message }],
    },
  })
  await until(async () => (await read()).reason !== 'it is gated in the cluster')
  expect(await read()).toMatchObject({
    state: 'starting',
    reason: `it waits in the queue all: ${message}`,
  })
  await hub.call('pod_delete', { pod, grace_ms: 0 })
  await until(async () => (await read()).state === 'exited')
})
