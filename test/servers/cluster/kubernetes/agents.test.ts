import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Cluster } from '../../../../schemas/cluster.ts'
import { git } from '../../../../servers/kit/git.ts'
import { makeFolder } from '../../../helpers/folder.ts'
import { failure, startHub, until } from '../../../helpers/hub.ts'
import type { Kept } from '../../../helpers/kubernetes/double/objects.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { makeRepo } from '../../../helpers/repo.ts'
import { submitRepair, underReview, writePolicy } from '../../../helpers/review.ts'
import { logOf, runTask } from '../../../helpers/run-task.ts'
import {
  argsOf,
  audienceOf,
  command,
  host,
  hubAndCluster,
  podsOf,
  submit,
  taskOf,
} from './agent-cluster.ts'

type Spec = {
  containers: [{ image: string; command?: string[]; env: { name: string; value: string }[] }]
  volumes: { name: string; projected?: object; persistentVolumeClaim?: object }[]
}

test('the agent of a task runs in the cluster, and its pod holds no secret of the hub', async () => {
  const { hub, double } = await hubAndCluster()
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.at(-1)).toMatchObject({ runsAgents: true, guards: { admission: 'enforced' } })
  const seen: Kept[] = []
  double.state.created = (kept) => seen.push(kept)
  const task = await runTask(hub, command('echo from $SWITCHYARD_POD; env'))
  expect(task.state).toBe('succeeded')
  await until(async () => (await podsOf(hub, task.id))[0]?.state === 'exited')
  const [pod] = await podsOf(hub, task.id)
  expect(pod).toMatchObject({ cluster: 'kube', state: 'exited', exitCode: 0 })
  const log = await logOf(hub, task.id)
  expect(log).toContain(`from ${pod!.id}`)
  // What only the agent is told does not reach what it runs.
  expect(log).not.toMatch(/SWITCHYARD_(URL|TOKEN)/)
  const secret = seen.find(({ kind }) => kind === 'Secret')
  expect(secret?.stringData).toEqual({ SWITCHYARD_TASK: task.id })
  const spec = seen.find(({ kind }) => kind === 'Pod')?.spec as Spec | undefined // Sent just now.
  expect(spec?.containers[0].image).toBe('docker.io/local/agent:1')
  expect(spec?.containers[0].command).toBeUndefined()
  expect(spec?.containers[0].env).toContainEqual({ name: 'SWITCHYARD_GIT', value: 'http' })
  const { audience } = audienceOf(double)
  expect(spec?.volumes.find(({ name }) => name === 'identity')).toMatchObject({
    projected: { sources: [{ serviceAccountToken: { audience, expirationSeconds: 600 } }] },
  })
  expect(JSON.stringify(seen)).not.toContain('sy_')
})

test('work that a pod leaves behind is found by the next pod of the task', async () => {
  const { hub, double } = await hubAndCluster({ storage_class: 'local' })
  const { id } = await submit(
    hub,
    'if test -f half; then cat half; else echo half >half; sleep 60; fi',
  )
  await until(async () => (await taskOf(hub, id)).state === 'running')
  const [pod] = await podsOf(hub, id)
  await until(async () => (await logOf(hub, id)).includes('$ if test'))
  const claim = double.objects.list('persistentvolumeclaims', undefined)
  expect(claim).toHaveLength(1)
  await until(() => existsSync(`${double.root}/${claim[0]!.metadata.name}/half`))
  // As an eviction is: the cluster ends the pod, and nobody is asked.
  const [first] = double.objects.list('pods', undefined)
  double.evict(first!)
  await until(async () => (await taskOf(hub, id)).state === 'succeeded')
  expect(await logOf(hub, id)).toContain('half\n')
  const pods = await podsOf(hub, id)
  expect(pods).toHaveLength(2)
  expect(pods.find((one) => one.id === pod!.id)?.reason).toContain('evicted')
  // Nobody goes on with a task that is over.
  await until(() => double.objects.list('persistentvolumeclaims', undefined).length === 0)
})

test('a task goes from submit to merged change, and the agent sees no folder of the hub', async () => {
  const data = makeFolder('hub')
  writePolicy(data, { required: 1, updateCheckout: true })
  const double = await startDouble()
  const hub = await startHub({ data, dispatch: 'local', allowedHosts: host })
  double.services.set(host, hub.url)
  await hub.call('cluster_add', argsOf(double))
  const repo = await makeRepo()
  const { id } = await submitRepair(hub.client, repo, { requirements: { cluster: 'kube' } })
  const { change } = await underReview(hub.client, id, 1)
  expect(await logOf(hub, id)).toContain('clone of')
  const [pod] = await podsOf(hub, id)
  expect(pod).toMatchObject({ cluster: 'kube' })
  const dora = await hub.as('dora', 'developer')
  await dora.call('change_review', { change: change.id, verdict: 'accept' })
  const merge = { change: change.id, expect_head: change.head, update_checkout: true }
  await dora.call('change_merge', merge)
  await until(async () => (await taskOf(hub, id)).state === 'succeeded')
  expect(await git(['-C', repo, 'show', 'main:src/sum.js'])).toContain('a + b')
})

test('an agent whose image cannot be had says so where its task is read', async () => {
  const { hub } = await hubAndCluster({ agent_image: 'docker.io/local/missing:1' })
  const { id } = await submit(hub, 'true')
  await until(async () => (await taskOf(hub, id)).pendingReason?.includes('image') ?? false)
  expect((await taskOf(hub, id)).pendingReason).toMatch(/its image cannot be had: ErrImagePull/)
})

test('an agent shows that it lives by a file, for a probe to look at', async () => {
  const { hub, double } = await hubAndCluster()
  const { id } = await submit(hub, 'sleep 60')
  await until(async () => (await taskOf(hub, id)).state === 'running')
  const [pod] = double.objects.list('pods', undefined)
  const [{ livenessProbe }] = pod!.spec!.containers as [
    { livenessProbe: { exec: { command: [string, string, string] } } },
  ] // Sent just now.
  const [, , script] = livenessProbe.exec.command
  const file = `${double.root}/${pod!.metadata.uid}-tmp/agent-alive`
  const probe = (seconds: number) =>
    hub.call<{ exitCode: number }>('pod_exec', {
      pod: pod!.metadata.name,
      command: [
        '/bin/sh',
        '-c',
        script.replace('/tmp/agent-alive', file).replace('180', `${seconds}`),
      ],
    })
  expect((await probe(180)).exitCode).toBe(0)
  // So old is none.
  expect((await probe(-1)).exitCode).not.toBe(0)
})

test('what pods could never reach is refused when the cluster is added', async () => {
  const double = await startDouble()
  const hub = await startHub({ allowedHosts: 'hub.example.org' })
  const add = (more: object) => failure(hub.call('cluster_add', argsOf(double, more)))
  expect(await add({ hub_url: undefined })).toMatchObject({
    code: 'invalid',
    message: '`agent_image` is given without `hub_url`',
  })
  for (const name of [
    '127.0.0.1:7070',
    'localhost:7070',
    '[::1]:7070',
    '[::ffff:127.0.0.1]:1',
    '0.0.0.0:7070',
  ])
    expect(await add({ hub_url: `http://${name}` })).toMatchObject({
      code: 'invalid',
      hint: expect.stringContaining('--host') as string,
    })
  expect(await add({ hub_url: 'http://192.0.2.7:7070' })).toMatchObject({
    code: 'invalid',
    message: 'the hub refuses requests to the Host 192.0.2.7:7070',
    hint: 'Start it with --allowed-hosts 192.0.2.7:7070.',
  })
  expect(await add({ hub_url: 'https://hub.example.org' })).toMatchObject({
    code: 'invalid',
    hint: expect.stringContaining('egress') as string,
  })
  expect(await add({ agent_image: 'not an image' })).toMatchObject({ code: 'invalid' })
  expect(double.objects.list('namespaces', undefined)).toEqual([])
  await hub.call(
    'cluster_add',
    argsOf(double, { hub_url: 'https://hub.example.org', egress: ['192.0.2.0/24'] }),
  )
})
