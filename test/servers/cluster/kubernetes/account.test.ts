import { expect, test } from 'vitest'
import { systemClock } from '../../../../servers/kit/clock.ts'
import { failure, startHub } from '../../../helpers/hub.ts'
import { keptBytes } from '../../../helpers/kept-bytes.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'

const add = { cluster: 'kube', image: 'docker.io/local/box:1' }
const hours = 3600_000

/** The clock of this machine, set forward. */
function shiftedClock() {
  const shift = { ms: 0 }
  return { clock: { ...systemClock, now: () => systemClock.now() + shift.ms }, shift }
}

test('an account of the hub’s own is made, used and renewed, and goes with the cluster', async () => {
  const double = await startDouble()
  const { clock, shift } = shiftedClock()
  const hub = await startHub({ clock })
  const { kubeconfig, context } = double
  const { namespaceMark: mark } = await hub.call<{ namespaceMark: string }>('cluster_add', {
    ...add,
    ...{ kubeconfig, context, least_privilege: true },
  })
  expect([...double.state.minted]).toEqual(['minted-0'])
  const names = (plural: string) =>
    double.objects.list(plural, undefined).map(({ metadata }) => metadata.name)
  expect(names('namespaces').sort()).toEqual([
    `switchyard-default-${mark}`,
    `switchyard-hub-${mark}`,
  ])
  expect(names('clusterroles')).toHaveLength(2)
  expect(names('rolebindings').sort()).toEqual(['hub', 'renewal'])
  // The administrator's token is of no use any more, and none of the two can be read in the store.
  double.state.token = 'another'
  const check = () => hub.call('cluster_check', { cluster: 'kube' })
  await check()
  expect(keptBytes(hub.hub.dataDir).includes('minted-0')).toBe(false)
  shift.ms = 0.5 * hours
  await check()
  expect([...double.state.minted]).toEqual(['minted-0', 'minted-1'])
  await hub.call('cluster_remove', { cluster: 'kube' })
  for (const plural of ['namespaces', 'clusterroles', 'clusterrolebindings', 'rolebindings'])
    expect(names(plural)).toEqual([])
  expect(names('validatingadmissionpolicies')).toEqual([])
})

test('a token that ran out while the hub was off is said, and given anew by who may', async () => {
  const double = await startDouble()
  const { clock, shift } = shiftedClock()
  const hub = await startHub({ clock })
  const { kubeconfig, context } = double
  const account = { ...add, kubeconfig, context, least_privilege: true }
  await hub.call('cluster_add', account)
  shift.ms = 2 * hours
  double.state.tokenSeconds += 2 * 3600
  expect(await failure(hub.call('cluster_check', { cluster: 'kube' }))).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/token for the cluster kube ran out at 20/) as string,
    hint: expect.stringContaining('cluster_renew') as string,
  })
  const renew = (more: object = {}) =>
    hub.call('cluster_renew', { cluster: 'kube', kubeconfig, context, ...more })
  const other = await startDouble()
  expect(
    await failure(renew({ kubeconfig: other.kubeconfig, context: other.context })),
  ).toMatchObject({ code: 'conflict', hint: expect.stringContaining('another cluster') as string })
  const dora = await hub.as('dora', 'developer')
  expect(
    await failure(dora.call('cluster_renew', { cluster: 'kube', kubeconfig, context })),
  ).toMatchObject({ code: 'denied' })
  expect(await renew()).toMatchObject({ version: 'v1.36.2' })
  await hub.call('cluster_check', { cluster: 'kube' })
  expect(await failure(hub.call('cluster_renew', { cluster: 'local' }))).toMatchObject({
    code: 'unsupported',
  })
  await hub.call('cluster_add', { ...account, cluster: 'plain', least_privilege: false })
  expect(
    await failure(hub.call('cluster_renew', { cluster: 'plain', kubeconfig, context })),
  ).toMatchObject({ code: 'unsupported' })
})

test('what fails after the account was made takes it back', async () => {
  const double = await startDouble()
  const hub = await startHub()
  const { kubeconfig, context } = double
  double.state.alter = (object) => (object.kind === 'LimitRange' ? { ...object, spec: {} } : object)
  expect(
    await failure(hub.call('cluster_add', { ...add, kubeconfig, context, least_privilege: true })),
  ).toMatchObject({ code: 'failed' })
  for (const plural of ['namespaces', 'clusterroles', 'validatingadmissionpolicies'])
    expect(double.objects.list(plural, undefined)).toEqual([])
})

test('two hubs with the same cluster each remove their own', async () => {
  const double = await startDouble()
  const { kubeconfig, context } = double
  const [one, two] = [await startHub(), await startHub()]
  const args = { ...add, kubeconfig, context, least_privilege: true }
  await one.call('cluster_add', args)
  const { namespaceMark: mark } = await two.call<{ namespaceMark: string }>('cluster_add', args)
  await one.call('cluster_remove', { cluster: 'kube' })
  const left = double.objects.list('namespaces', undefined).map(({ metadata }) => metadata.name)
  expect(left.sort()).toEqual([`switchyard-default-${mark}`, `switchyard-hub-${mark}`])
  await two.call('cluster_check', { cluster: 'kube' })
})
