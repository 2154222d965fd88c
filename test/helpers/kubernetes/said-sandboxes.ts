import { request } from 'undici'
import { expect } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../hub.ts'
import { until } from '../hub.ts'
import type { ControlPlane } from './control-plane.ts'
import { makeKind } from './kinds.ts'
import type { Added } from './real.ts'
import { isIn } from './real.ts'

const apiVersion = 'agents.x-k8s.io/v1beta1'

type Made = {
  metadata: { name: string; uid: string }
  spec: { podTemplate: { metadata: object; spec: object } }
}

/** What is said to a cluster that has Sandboxes, whose controller is played by the test. */
export async function sandboxExchanges(
  hub: TestHub,
  plane: ControlPlane,
  { url, args }: { url: string; args: object },
) {
  await makeKind(plane, apiVersion, { kind: 'Sandbox', plural: 'sandboxes' })
  const { namespaceMark: mark } = await hub.call<Added>('cluster_add', {
    ...args,
    cluster: 'boxed',
    sandbox: true,
  })
  const inside = `namespaces/switchyard-default-${mark}`
  const sandboxes = `/apis/${apiVersion}/${inside}/sandboxes`
  const pods = `/api/v1/${inside}/pods`
  const asked = { title: 't', template: 'command', params: { command: 'true' } }
  const task = await hub.call<Task>('task_submit', asked)
  const resources = { cpus: 0.1, memoryMb: 64 }
  const started = hub.call<Pod>('pod_run', { task: task.id, cluster: 'boxed', resources })
  const listed = async () => ((await plane.api('GET', sandboxes)).body as { items: Made[] }).items // A list.
  await until(async () => (await listed()).length === 1)
  const [{ metadata, spec } = { metadata: { name: '', uid: '' }, spec: undefined }] = await listed()
  const { name, uid } = metadata
  const said = { type: 'Ready', status: 'False', reason: 'DependenciesNotReady', message: 'no pod' }
  const status = { conditions: [said] }
  const patch = 'application/merge-patch+json'
  await plane.api('PATCH', `${sandboxes}/${name}`, { status }, patch)
  await (await request(`${url}${sandboxes}/${name}`)).body.text()
  const make = () =>
    plane.api('POST', pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...spec?.podTemplate.metadata,
        name,
        ownerReferences: [{ apiVersion, kind: 'Sandbox', name, uid, controller: true }],
      },
      spec: spec?.podTemplate.spec,
    })
  await make()
  const { id: pod } = await started
  expect(pod).toBe(name)
  await hub.call('pod_suspend', { pod })
  await isIn(hub, pod, 'suspended')
  await plane.api('DELETE', `${pods}/${pod}`, { gracePeriodSeconds: 0 })
  await until(async () => (await make()).status === 201)
  await hub.call('pod_resume', { pod })
  await isIn(hub, pod, 'starting')
  const driver = hub.hub.clusters.get('boxed')
  await driver.sweep(new Set([pod]))
  await hub.call('pod_evict', { pod, reason: 'in time', grace_ms: 0 })
  await isIn(hub, pod, 'exited')
  await hub.call('task_cancel', { task: task.id })
  await hub.call('cluster_remove', { cluster: 'boxed' })
}
