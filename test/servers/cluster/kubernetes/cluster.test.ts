import { expect, onTestFinished, test } from 'vitest'
import { listAll } from '../../../../servers/cluster/drivers/kubernetes/list.ts'
import { Bare } from '../../../../servers/cluster/drivers/kubernetes/objects.ts'
import { Transport } from '../../../../servers/cluster/drivers/kubernetes/transport.ts'
import { systemClock } from '../../../../servers/kit/clock.ts'
import type { KubernetesDriver } from '../../../../servers/cluster/drivers/kubernetes/kubernetes.ts'
import { until } from '../../../helpers/hub.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { ManualClock } from '../../../helpers/manual-clock.ts'
import { accessOf, kubernetesDrivers } from '../kubernetes-drivers.ts'
import { exitOf, logOf, specOf } from '../pod-specs.ts'

const transportTo = (double: Double): Transport => {
  const transport = new Transport('kube', () => accessOf(double), systemClock)
  onTestFinished(() => transport.close())
  return transport
}

const open = (make: () => KubernetesDriver): KubernetesDriver => {
  const driver = make()
  onTestFinished(() => driver.close())
  return driver
}

test('two hundred calls one after the other make no connection each', async () => {
  const double = await startDouble()
  const transport = transportTo(double)
  for (let n = 0; n < 200; n++) await transport.json({ path: '/version' })
  // A second one where the first is not yet known to be free again.
  expect(double.state.opened).toBeLessThanOrEqual(2)
})

test('a kubeconfig that was renewed is read again when its old credential is refused', async () => {
  const double = await startDouble()
  const transport = transportTo(double)
  await transport.json({ path: '/version' })
  double.state.token = 'second'
  double.writeConfig('second')
  expect(await transport.json({ path: '/version' })).toMatchObject({ gitVersion: 'v1.36.2' })
  double.state.token = 'third'
  await expect(transport.json({ path: '/version' })).rejects.toMatchObject({ code: 'unavailable' })
})

test('a server that closed a kept connection, or has too much to do, is asked again', async () => {
  const double = await startDouble()
  const transport = transportTo(double)
  await transport.json({ path: '/version' })
  double.cut()
  await transport.json({ path: '/version' })
  double.state.fails = { status: 429, body: { message: 'too many' } }
  setTimeout(() => (double.state.fails = undefined), 100)
  expect(await transport.json({ path: '/version' })).toMatchObject({ gitVersion: 'v1.36.2' })
})

test('a long list comes in pages, whole', async () => {
  const double = await startDouble()
  for (let n = 0; n < 1200; n++)
    double.objects.set(`nodes  n${n}`, { metadata: { name: `n${n}` }, spec: {}, status: {} })
  const { items } = await listAll(transportTo(double), Bare, { path: '/api/v1/nodes' })
  expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBe(1201)
})

test('a server that restarts under a watch, and forgets what happened, loses no change', async () => {
  const double = await startDouble()
  const driver = open(kubernetesDrivers(double))
  const spec = specOf('sleep 1; exit 3')
  const pod = await driver.start(spec)
  const exit = exitOf(pod)
  await until(() => double.objects.list('pods', undefined).length === 1)
  double.cut()
  double.objects.forget()
  double.state.fails = { status: 503, body: { message: 'starting' } }
  setTimeout(() => (double.state.fails = undefined), 1500)
  expect(await exit).toEqual({ exitCode: 3, reason: '' })
})

test('what nodes use is told where a metrics server says it, and is unknown elsewhere', async () => {
  const double = await startDouble()
  const [without] = await open(kubernetesDrivers(double)).nodes()
  expect(without).not.toHaveProperty('used')
  const usage = { cpu: '1500123456n', memory: '2097152Ki' }
  const items = [{ metadata: { name: 'node-1' }, timestamp: '', window: '', usage }]
  double.state.metrics = { status: 200, body: { kind: 'NodeMetricsList', items } }
  const [node] = await open(kubernetesDrivers(double)).nodes()
  expect(node).toMatchObject({ used: { cpus: 1.5, memoryMb: 2048 }, cpus: { load: 1.5 } })
  double.state.metrics = { status: 503, body: { message: 'the server is currently unable' } }
  const [silent] = await open(kubernetesDrivers(double)).nodes()
  expect(silent).toMatchObject({ node: 'node-1' })
  expect(silent).not.toHaveProperty('used')
})

test('a pod is over, and its room is there, as soon as the cluster says so, without a look at the clock', async () => {
  const clock = new ManualClock()
  const driver = open(kubernetesDrivers(await startDouble(), {}, 'cafe0001', clock))
  const roomOf = async () => {
    const [node] = await driver.nodes()
    const { cpus, memoryMb, pods } = node!
    return { cpus: [cpus.promised, cpus.load], memoryMb, pods: pods.live }
  }
  const free = await roomOf()
  const spec = specOf('sleep 60', { resources: { cpus: 1.5, memoryMb: 512 } })
  const pod = await driver.start(spec)
  await until(async () => {
    await clock.advance(5000)
    return (await roomOf()).cpus[0] === 1.5
  })
  await driver.stop(spec.id, 0, 'over')
  expect(await exitOf(pod)).toMatchObject({ reason: 'over' })
  expect(await roomOf()).toEqual(free)
})

test('two hubs in one cluster leave the pods of each other alone', async () => {
  const double = await startDouble()
  const [one, two] = ['aaaa0001', 'bbbb0002'].map((mark) =>
    open(kubernetesDrivers(double, {}, mark)),
  )
  const [mine, theirs] = [specOf('sleep 60'), specOf('echo theirs; sleep 60')]
  const pod = await one!.start(mine)
  const other = await two!.start(theirs)
  expect((await two!.sweep(new Set([theirs.id]))).killed).toBe(0)
  expect((await one!.sweep(new Set())).killed).toBe(1)
  await exitOf(pod)
  expect(await logOf(two!, theirs.id)).toBe('theirs\n')
  await Promise.all([exitOf(other), two!.stop(theirs.id, 0, 'over')])
})

test('a pod that somebody deletes in the cluster is over, and one nobody knows is ended', async () => {
  const double = await startDouble()
  const driver = open(kubernetesDrivers(double))
  const spec = specOf('sleep 60')
  const pod = await driver.start(spec)
  await driver.sweep(new Set([spec.id]))
  const [kept] = double.objects.list('pods', undefined)
  const stray = {
    ...kept!,
    metadata: {
      ...kept!.metadata,
      name: 'stray',
      uid: 'stray',
      labels: { ...(kept!.metadata.labels as object), 'switchyard.dev/pod': 'stray' },
    },
  }
  double.objects.set(`pods ${kept!.metadata.namespace} stray`, stray)
  await until(() =>
    double.objects.list('pods', undefined).every(({ metadata }) => metadata.name !== 'stray'),
  )
  double.objects.delete(`pods ${kept!.metadata.namespace} ${spec.id}`)
  expect(await exitOf(pod)).toEqual({
    exitCode: null,
    reason: 'the pod was deleted in the cluster',
  })
})

test('while a cluster is away its pods are neither lost nor said to have ended', async () => {
  const double = await startDouble()
  const make = kubernetesDrivers(double)
  const first = make()
  const spec = specOf('sleep 60')
  const { handle } = await first.start(spec)
  await first.close()
  double.state.fails = { status: 503, body: { message: 'away' } }
  const driver = open(make)
  const adopted = await driver.adopt(spec, handle)
  expect(adopted).toBeDefined()
  expect(await driver.health()).toMatchObject({ state: 'unreachable' })
  double.state.fails = undefined
  await Promise.all([exitOf(adopted!), driver.stop(spec.id, 0, 'over')])
})
