import { expect, onTestFinished, test } from 'vitest'
import type { Attempt, Task } from '../../../../schemas/task.ts'
import type { Pod } from '../../../../schemas/cluster.ts'
import { makeFolder } from '../../../helpers/folder.ts'
import type { TestHub } from '../../../helpers/hub.ts'
import { failure, startHub, until } from '../../../helpers/hub.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { ProcessHub } from '../../../helpers/process-hub.ts'
import { logOf } from '../../../helpers/run-task.ts'
import { argsOf, command, host, podsOf, submit, taskOf } from './agent-cluster.ts'

const sandboxed = { storage_class: 'local', sandbox: true }
/** The first time it leaves half of its work and would go on for long; the next time it finds that. */
const inTwo = 'if test -f half; then cat half; else echo first-half >half; sleep 600; fi'

const install = (double: Double, apiVersion = 'agents.x-k8s.io/v1beta1') =>
  double.objects.set(`groups  ${apiVersion}`, { metadata: { name: apiVersion } })
const kept = (double: Double, plural: string) => double.objects.list(plural, undefined)

async function hubWithSandboxes(): Promise<{ hub: TestHub; double: Double }> {
  const double = await startDouble()
  install(double)
  const hub = await startHub({ dispatch: 'local', allowedHosts: host, leaseMs: 3000 })
  double.services.set(host, hub.url)
  await hub.call('cluster_add', argsOf(double, sandboxed))
  return { hub, double }
}

/** A task whose agent has done the first half, and its pod. */
async function halfDone(hub: TestHub, double: Double) {
  const { id: task } = await submit(hub, inTwo)
  await until(async () => (await logOf(hub, task)).includes('$ if test'))
  const [{ id: pod } = { id: '' }] = await podsOf(hub, task)
  expect(kept(double, 'sandboxes')).toHaveLength(1)
  return { task, pod, state: async () => (await hub.call<Pod>('pod_read', { pod })).state }
}

test('the agent of a task runs in a Sandbox with the pod that it has without, and leaves none', async () => {
  const { hub, double } = await hubWithSandboxes()
  const { task, pod } = await halfDone(hub, double)
  const [sandbox] = kept(double, 'sandboxes')
  const [made] = kept(double, 'pods')
  expect(made?.metadata).toMatchObject({
    name: pod,
    labels: { ...(sandbox?.metadata.labels as object), 'switchyard.dev/pod': pod }, // As sent.
    ownerReferences: [{ kind: 'Sandbox', uid: sandbox?.metadata.uid }],
  })
  expect(made?.spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true },
    containers: [{ securityContext: { readOnlyRootFilesystem: true } }],
  })
  expect(kept(double, 'secrets')[0]?.metadata.ownerReferences).toEqual([
    {
      apiVersion: 'agents.x-k8s.io/v1beta1',
      kind: 'Sandbox',
      name: pod,
      uid: sandbox?.metadata.uid,
    },
  ])
  await hub.call('task_cancel', { task })
  await until(async () => (await podsOf(hub, task))[0]?.state === 'exited')
  await until(() => ['sandboxes', 'pods', 'secrets'].every((one) => kept(double, one).length === 0))
})

test('a suspended agent holds no machine, its task waits for it, and it goes on where it was', async () => {
  const { hub, double } = await hubWithSandboxes()
  const { task, pod, state } = await halfDone(hub, double)
  await hub.call('pod_suspend', { pod })
  await until(async () => (await state()) === 'suspended' && kept(double, 'pods').length === 0)
  await until(async () => (await taskOf(hub, task)).state === 'queued')
  expect(kept(double, 'sandboxes')[0]?.spec).toMatchObject({ operatingMode: 'Suspended' })
  expect(kept(double, 'persistentvolumeclaims')).toHaveLength(1)
  // The dispatcher tries in vain, and says why.
  await until(async () => (await taskOf(hub, task)).pendingReason?.includes('pod_resume') ?? false)
  for (const [tool, more] of [
    ['pod_exec', { command: ['true'] }],
    ['pod_suspend', {}],
  ] as const)
    expect(await failure(hub.call(tool, { pod, ...more }))).toMatchObject({
      code: 'conflict',
      message: `pod ${pod} is suspended`,
    })
  await hub.call('pod_resume', { pod })
  await until(async () => (await taskOf(hub, task)).state === 'succeeded')
  expect(await logOf(hub, task)).toContain('first-half\n')
  await until(async () => (await state()) === 'exited')
  expect(await podsOf(hub, task)).toHaveLength(1)
  const { attempts } = await hub.call<{ attempts: Attempt[] }>('task_read', { task })
  expect(attempts.map((one) => one.state)).toEqual(['succeeded', 'released'])
  const { items } = await hub.call<{ items: { kind: string; subject: string }[] }>('event_list', {
    after: 0,
    limit: 500,
  })
  expect(items.filter((one) => one.subject === pod).map(({ kind }) => kind)).toEqual([
    'pod.starting',
    'pod.running',
    'pod.suspended',
    'pod.resumed',
    'pod.running',
    'pod.exited',
  ])
  await until(() => kept(double, 'sandboxes').length === 0)
})

test('a pod that was suspended is known again after its hub was killed, and can be deleted so', async () => {
  const double = await startDouble()
  install(double)
  const options = ['--allowed-hosts', host, '--isolation', 'none']
  const hub = new ProcessHub(makeFolder('kube-hub'), options)
  onTestFinished(() => hub.kill())
  await hub.start()
  const client = hub.client()
  await client.call('cluster_add', argsOf(double, sandboxed))
  double.services.set(host, hub.url)
  const submitted = async () => {
    const { id } = await client.call<Task>('task_submit', command(inTwo))
    const read = async () => (await client.call<{ task: Task }>('task_read', { task: id })).task
    await until(async () => (await read()).state === 'running')
    const { items } = await client.call<{ items: Pod[] }>('pod_list', { task: id })
    const pod = items[0]?.id ?? ''
    return { pod, read, state: async () => (await client.call<Pod>('pod_read', { pod })).state }
  }
  const [one, two] = [await submitted(), await submitted()]
  for (const { pod, state } of [one, two]) {
    await client.call('pod_suspend', { pod })
    await until(async () => (await state()) === 'suspended')
  }
  await hub.kill()
  await hub.start()
  double.services.set(host, hub.url)
  await until(() => kept(double, 'pods').length === 0)
  expect(await one.state()).toBe('suspended')
  await client.call('pod_delete', { pod: two.pod })
  await until(async () => (await two.state()) === 'exited')
  expect(kept(double, 'sandboxes').map(({ metadata }) => metadata.name)).not.toContain(two.pod)
  await client.call('pod_resume', { pod: one.pod })
  await until(async () => (await one.state()) === 'running')
  await until(async () => (await one.read()).state === 'running')
})

test('what was evicted is not made again in its Sandbox', async () => {
  const { hub, double } = await hubWithSandboxes()
  const { task, pod, state } = await halfDone(hub, double)
  await hub.call('pod_evict', { pod, reason: 'an upgrade', grace_ms: 0 })
  await until(async () => (await state()) === 'exited')
  await until(async () => (await taskOf(hub, task)).state === 'succeeded')
  expect(await podsOf(hub, task)).toHaveLength(2)
  expect(await logOf(hub, task)).toContain('first-half\n')
  await until(() => kept(double, 'sandboxes').length === 0)
})

test('a Sandbox in which no pod can be made says so and goes', async () => {
  const { hub, double } = await hubWithSandboxes()
  const quota = kept(double, 'resourcequotas')[0]
  const tight = { ...quota!, spec: { hard: { 'requests.cpu': '100m' } } }
  double.objects.set(`resourcequotas ${quota?.metadata.namespace} org`, tight)
  const { id } = await submit(hub, 'true')
  await until(
    async () => (await taskOf(hub, id)).pendingReason?.includes('exceeded quota') ?? false,
  )
  expect((await taskOf(hub, id)).pendingReason).toContain(
    'agent-sandbox made no pod in the Sandbox',
  )
  await hub.call('task_cancel', { task: id })
  await until(() => kept(double, 'sandboxes').length === 0)
})

test('where there is no Sandbox, suspending is refused with what it takes', async () => {
  const double = await startDouble()
  const hub = await startHub({ allowedHosts: host })
  const add = (more: object) => hub.call('cluster_add', argsOf(double, more))
  expect(await failure(add({ sandbox: true }))).toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('storage_class') as string,
  })
  expect(await failure(add(sandboxed))).toMatchObject({
    code: 'unsupported',
    message: 'the cluster has no agent-sandbox',
  })
  install(double, 'agents.x-k8s.io/v1alpha1')
  expect(await failure(add(sandboxed))).toMatchObject({
    code: 'unsupported',
    message: 'the agent-sandbox of the cluster speaks agents.x-k8s.io/v1alpha1',
  })
  double.objects.delete('groups  agents.x-k8s.io/v1alpha1')
  install(double)
  await add(sandboxed)
  // A command has no work that is kept, so it is a pod like any other.
  const { id: pod } = await hub.call<Pod>('pod_run', { command: ['sleep', '60'], cluster: 'kube' })
  expect(kept(double, 'sandboxes')).toEqual([])
  expect(await failure(hub.call('pod_suspend', { pod }))).toMatchObject({
    code: 'unsupported',
    hint: expect.stringContaining('sandbox') as string,
  })
  await hub.call('pod_delete', { pod, grace_ms: 0 })
})
