import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { apply } from '../../../../servers/cluster/drivers/kubernetes/apply.ts'
import { baselineOf } from '../../../../servers/cluster/drivers/kubernetes/baseline.ts'
import { ClusterState } from '../../../../servers/cluster/drivers/kubernetes/cluster-state.ts'
import { Transport } from '../../../../servers/cluster/drivers/kubernetes/transport.ts'
import type { Access } from '../../../../servers/cluster/drivers/kubernetes/access.ts'
import { systemClock } from '../../../../servers/kit/clock.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { accessOf, kubernetesDrivers, settingsOf } from '../kubernetes-drivers.ts'
import { exitOf, logOf, specOf } from '../pod-specs.ts'

/** A server that takes connections and says no word; `from` is where it is. */
async function startSilent(): Promise<Transport> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // Of a TCP server.
  const access: Access = {
    server: `http://127.0.0.1:${port}`,
    ca: undefined,
    serverName: undefined,
    credential: { kind: 'token', token: 'secret' },
  }
  const transport = new Transport('silent', () => Promise.resolve(access), systemClock)
  onTestFinished(async () => {
    await transport.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return transport
}

test('a cluster that accepts and never answers is waited for once', async () => {
  const state = new ClusterState(await startSilent(), systemClock, { cluster: 'silent', tags: [] })
  const first = performance.now()
  await expect(state.nodes()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.not.stringContaining('secret') as string,
  })
  expect(performance.now() - first).toBeGreaterThan(5000)
  const second = performance.now()
  await expect(state.nodes()).rejects.toMatchObject({ code: 'unavailable' })
  expect(performance.now() - second).toBeLessThan(1000)
})

test('a policy that lost a field on its way into the cluster is an error, not a policy', async () => {
  const double = await startDouble()
  const transport = new Transport('kube', () => accessOf(double), systemClock)
  onTestFinished(() => transport.close())
  const manifests = baselineOf('acme', {
    mark: 'cafe',
    ...settingsOf(double),
    hubUrl: 'http://192.0.2.1',
  })
  const policy = manifests.find(({ metadata }) => metadata.name === 'allowed')!
  await apply(transport, policy, 'test')
  // As a client library did that knew the field by another name.
  double.state.alter = (kept) => ({ ...kept, spec: { ...kept.spec, egress: [{}] } })
  await expect(apply(transport, policy, 'test')).rejects.toMatchObject({
    code: 'failed',
    hint: expect.stringContaining('.spec.egress') as string,
  })
})

test('a log that breaks off is taken up where it was, without a line twice or none', async () => {
  const double = await startDouble()
  const driver = kubernetesDrivers(double)()
  onTestFinished(() => driver.close())
  const spec = specOf('for n in 1 2 3 4 5 6; do echo $n; sleep 0.4; done')
  const pod = await driver.start(spec)
  const cuts = [600, 1300].map((ms) => setTimeout(() => double.cut(), ms))
  const [text] = await Promise.all([logOf(driver, spec.id, true), exitOf(pod)])
  for (const cut of cuts) clearTimeout(cut)
  expect(text).toBe('1\n2\n3\n4\n5\n6\n')
})

test('who stops reading a log that says nothing, stops at once', async () => {
  const double = await startDouble()
  const driver = kubernetesDrivers(double)()
  onTestFinished(() => driver.close())
  const spec = specOf('echo up; sleep 60')
  const pod = await driver.start(spec)
  const stop = new AbortController()
  await expect(async () => {
    for await (const chunk of driver.logs(spec.id, {
      tailBytes: 100,
      follow: true,
      signal: stop.signal,
    }))
      if (String(Buffer.from(chunk)) === 'up\n')
        setTimeout(() => stop.abort(new Error('enough')), 300)
  }).rejects.toThrow('enough')
  await Promise.all([exitOf(pod), driver.stop(spec.id, 0, 'over')])
})
