import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pod } from '../../../schemas/cluster.ts'
import type { Task } from '../../../schemas/task.ts'
import { makeFolder } from '../folder.ts'
import type { TestHub } from '../hub.ts'
import type { ControlPlane } from './control-plane.ts'
import { isIn } from './real.ts'

/** A kubeconfig of somebody else than the administrator. */
export function kubeconfigOf(cluster: object, token: string, context: string): string {
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
export async function newAccount(plane: ControlPlane, name: string) {
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await plane.api('POST', accounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name },
  })
  const token = await tokenOf(plane, `${accounts}/${name}`, {})
  const own = JSON.parse(readFileSync(plane.kubeconfig, 'utf8')) as {
    clusters: [{ cluster: object }]
  } // By the helper.
  return kubeconfigOf(own.clusters[0].cluster, token, plane.context)
}

/** A token of an account, as the kubelet asks for it where a pod is to be given one. */
async function tokenOf(plane: ControlPlane, account: string, spec: object): Promise<string> {
  const asked = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }
  const { body } = await plane.api('POST', `${account}/token`, asked)
  const { status } = body as { status: { token: string } } // A TokenRequest.
  return status.token
}

/** The token that the cluster puts into a pod of the hub, for an audience. */
export async function podToken(plane: ControlPlane, mark: string, name: string, audience: string) {
  const inside = `/api/v1/namespaces/switchyard-default-${mark}`
  const { body } = await plane.api('GET', `${inside}/pods/${name}`)
  const { metadata } = body as { metadata: { uid: string } } // A pod.
  const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid: metadata.uid }
  const spec = { audiences: [audience], expirationSeconds: 600, boundObjectRef }
  return tokenOf(plane, `${inside}/serviceaccounts/agent`, spec)
}

export const agents = { agent_image: 'docker.io/local/agent:1', hub_url: 'http://192.0.2.7:7070' }
export const whoami = async (hub: TestHub, token: string) =>
  (await hub.client.withToken(token).call<{ principal: object }>('whoami')).principal

/** A pod of a task, whose agent nobody runs: the nodes are objects without machines. */
export async function agentIn(hub: TestHub) {
  const asked = { title: 't', template: 'command', params: { command: 'true' } }
  const task = await hub.call<Task>('task_submit', asked)
  const resources = { cpus: 0.1, memoryMb: 64 }
  const pod = await hub.call<Pod>('pod_run', { task: task.id, cluster: 'kube', resources })
  await isIn(hub, pod.id, 'running')
  return pod
}
