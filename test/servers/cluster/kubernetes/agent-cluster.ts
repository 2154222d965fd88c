import type { Pod } from '../../../../schemas/cluster.ts'
import type { Task } from '../../../../schemas/task.ts'
import type { TestHub } from '../../../helpers/hub.ts'
import { startHub } from '../../../helpers/hub.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'

export const host = 'hub.switchyard.svc'
export const argsOf = ({ kubeconfig, context }: Double, more: object = {}) => ({
  cluster: 'kube',
  kubeconfig,
  context,
  image: 'docker.io/local/box:1',
  agent_image: 'docker.io/local/agent:1',
  hub_url: `http://${host}`,
  ...more,
})

/** A hub whose agents run in the cluster, where they find it as a service. */
export async function hubAndCluster(more: object = {}): Promise<{ hub: TestHub; double: Double }> {
  const double = await startDouble()
  const hub = await startHub({ dispatch: 'local', allowedHosts: host, leaseMs: 3000 })
  double.services.set(host, hub.url)
  await hub.call('cluster_add', argsOf(double, more))
  return { hub, double }
}

export const command = (script: string, more: object = {}) => ({
  title: 'work',
  template: 'command',
  params: { command: script },
  requirements: { cluster: 'kube' },
  ...more,
})
export const submit = (hub: TestHub, script: string, more: object = {}) =>
  hub.call<Task>('task_submit', command(script, more))
export const taskOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ task: Task }>('task_read', { task })).task
export const podsOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ items: Pod[] }>('pod_list', { task, ended: true })).items

/** How the hub is called in the tokens of the one registration, and the pod that runs there now. */
export function audienceOf(double: Double): { audience: string; namespace: string } {
  const [namespace] = double.objects.list('namespaces', undefined)
  const name = namespace?.metadata.name ?? ''
  return { audience: `switchyard-${name.split('-').at(-1)}`, namespace: name }
}
