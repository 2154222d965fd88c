import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Cluster } from '../../../../schemas/cluster.ts'
import { makeFolder } from '../../../helpers/folder.ts'
import { failure, startHub } from '../../../helpers/hub.ts'
import { keyOf } from '../../../helpers/kubernetes/double/objects.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'

const image = 'docker.io/local/box:1'
const add = { cluster: 'kube', image }

const kubeconfigOf = (double: Double, names: string[]): string => {
  const path = join(makeFolder(), 'config')
  const config = JSON.parse(readFileSync(double.kubeconfig, 'utf8')) as { contexts: unknown[] } // By the double.
  const contexts = names.map((name) => ({ name, context: { cluster: 'test', user: 'test' } }))
  writeFileSync(path, JSON.stringify({ ...config, contexts }))
  return path
}

test('k3d and kind clusters are named, and taken from no other context', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const kubeconfig = kubeconfigOf(double, ['production', 'k3d-dev', 'kind-ci'])
  const source = { ...add, kubeconfig, source: 'k3d' }
  expect(await failure(hub.call('cluster_add', source))).toMatchObject({
    code: 'ambiguous',
    hint: 'It has: k3d-dev.',
  })
  expect(await failure(hub.call('cluster_add', { ...source, name: 'production' }))).toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('k3d-production') as string,
    hint: 'It has: k3d-dev.',
  })
  await hub.call('cluster_add', { ...source, name: 'dev' })
  await hub.call('cluster_add', { ...source, cluster: 'ci', source: 'kind', name: 'ci' })
  const { items } = await hub.call<{ items: Cluster[] }>('cluster_list')
  expect(items.map(({ id, health }) => [id, health.state])).toEqual(
    expect.arrayContaining([
      ['kube', 'ready'],
      ['ci', 'ready'],
    ]),
  )
})

test('a cluster that Cluster API made is found, and its access is read again when it is replaced', async () => {
  const [management, workload] = [await startDouble(), await startDouble()]
  const hub = await startHub()
  const { kubeconfig, context } = management
  await hub.call('cluster_add', { cluster: 'mgmt', image, kubeconfig, context })
  const source = { ...add, source: 'cluster-api', management: 'mgmt' }
  expect(await failure(hub.call('cluster_add', { ...source, name: 'blue' }))).toMatchObject({
    code: 'unsupported',
    message: 'mgmt is no management cluster of Cluster API',
  })
  management.state.groups.set('cluster.x-k8s.io', 'cluster.x-k8s.io/v1beta1')
  const made = { apiVersion: 'cluster.x-k8s.io/v1beta1', kind: 'Cluster' }
  for (const namespace of ['teams', 'staging'])
    management.objects.set(keyOf('clusters', namespace, 'blue'), {
      ...made,
      metadata: { name: 'blue', namespace },
    })
  expect(await failure(hub.call('cluster_add', source))).toMatchObject({
    code: 'ambiguous',
    hint: 'It has: teams/blue, staging/blue.',
  })
  expect(await failure(hub.call('cluster_add', { ...source, name: 'red' }))).toMatchObject({
    code: 'not_found',
  })
  expect(await failure(hub.call('cluster_add', { ...source, name: 'blue' }))).toMatchObject({
    code: 'ambiguous',
  })
  const blue = { ...source, name: 'blue', namespace: 'teams' }
  expect(await failure(hub.call('cluster_add', blue))).toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('teams/blue-kubeconfig') as string,
  })
  const publish = (text: string) =>
    management.objects.set(keyOf('secrets', 'teams', 'blue-kubeconfig'), {
      kind: 'Secret',
      metadata: { name: 'blue-kubeconfig', namespace: 'teams' },
      data: { value: Buffer.from(text).toString('base64') },
    })
  const text = (token: string, user: object = { token }) => {
    workload.writeConfig(token)
    const config = JSON.parse(readFileSync(workload.kubeconfig, 'utf8')) as object // By the double.
    return JSON.stringify({ ...config, 'current-context': 'test', users: [{ name: 'test', user }] })
  }
  // One that was sent must not name a program or a file of the hub's machine.
  for (const user of [
    { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/true' } },
    { tokenFile: '/etc/passwd' },
  ]) {
    publish(text('first', user))
    expect(await failure(hub.call('cluster_add', blue))).toMatchObject({ code: 'unsupported' })
  }
  publish(text('first'))
  await hub.call('cluster_add', blue)
  const check = () => hub.call('cluster_check', { cluster: 'kube' })
  await check()
  workload.state.token = 'second'
  publish(text('second'))
  await check()
  // The management cluster may be away meanwhile.
  management.state.fails = { status: 503, body: { message: 'gone' } }
  await check()
})

test('a cluster that takes the connection and never answers is not waited for long', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await new Promise((resolve) => silent.once('listening', resolve))
  const { port } = silent.address() as AddressInfo // Of a TCP server.
  const path = join(makeFolder(), 'config')
  const config = {
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  }
  writeFileSync(path, JSON.stringify(config))
  const hub = await startHub()
  const begun = performance.now()
  expect(
    await failure(hub.call('cluster_add', { ...add, kubeconfig: path, context: 'here' })),
  ).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('does not answer') as string,
  })
  expect(performance.now() - begun).toBeLessThan(20_000)
  expect((await hub.call<{ items: Cluster[] }>('cluster_list')).items).toHaveLength(1)
})
