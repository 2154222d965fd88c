import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeFolder } from '../../../helpers/folder.ts'
import { failure, startHub } from '../../../helpers/hub.ts'
import { keptBytes } from '../../../helpers/kept-bytes.ts'
import { hasOpenssl } from '../../../helpers/kubernetes/certificates.ts'
import type { Double } from '../../../helpers/kubernetes/double/server.ts'
import { startDouble } from '../../../helpers/kubernetes/double/server.ts'
import { startTalos } from '../../../helpers/talos.ts'

const add = { cluster: 'kube', image: 'docker.io/local/box:1' }

describe.skipIf(!hasOpenssl())('Talos', () => {
  test('an administrator’s kubeconfig is fetched, used once and kept nowhere', async () => {
    const double = await startDouble()
    const talos = await startTalos(withCurrent(double))
    const hub = await startHub()
    const source = { ...add, source: 'talos', talosconfig: talos.talosconfig }
    expect(await failure(hub.call('cluster_add', source))).toMatchObject({
      code: 'ambiguous',
      hint: 'It has: admin, reader, spare, omni.',
    })
    await hub.call('cluster_add', { ...source, context: 'admin' })
    expect(talos.state.calls).toEqual(['/machine.MachineService/Kubeconfig'])
    expect([...double.state.minted]).toEqual(['minted-0'])
    double.state.token = 'another'
    await hub.call('cluster_check', { cluster: 'kube' })
    expect(talos.state.calls).toHaveLength(1)
    const bytes = keptBytes(hub.hub.dataDir)
    for (const secret of ['minted-0', talos.adminKey]) expect(bytes.includes(secret)).toBe(false)
  })

  test('what is wrong is said by the node, and the next endpoint is asked where one is away', async () => {
    const double = await startDouble()
    const talos = await startTalos(withCurrent(double))
    const hub = await startHub()
    const { talosconfig, endpoint } = talos
    const fails = (more: object) =>
      failure(hub.call('cluster_add', { ...add, source: 'talos', talosconfig, ...more }))
    expect(await fails({ context: 'reader' })).toMatchObject({
      code: 'denied',
      message: `${endpoint} says: not authorized`,
      hint: expect.stringContaining('os:admin') as string,
    })
    expect(await fails({ context: 'nobody' })).toMatchObject({ code: 'not_found' })
    expect(await fails({ context: 'omni' })).toMatchObject({ code: 'unsupported' })
    expect(await fails({ context: 'admin', endpoint: '127.0.0.1:1' })).toMatchObject({
      code: 'unavailable',
    })
    expect(await fails({ context: 'admin', talosconfig: undefined })).toMatchObject({
      code: 'invalid',
    })
    talos.state.worker = true
    expect(await fails({ context: 'admin' })).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('unknown method') as string,
    })
    talos.state.worker = false
    await hub.call('cluster_add', { ...add, source: 'talos', talosconfig, context: 'spare' })
  })

  test('a node that takes the call and says nothing is given up', async () => {
    const double = await startDouble()
    const talos = await startTalos(withCurrent(double))
    talos.state.silent = true
    const hub = await startHub()
    const { talosconfig } = talos
    expect(
      await failure(
        hub.call('cluster_add', { ...add, source: 'talos', talosconfig, context: 'admin' }),
      ),
    ).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('nothing came within 15 s') as string,
    })
  })
})

/** As Talos writes it: with the one context as the current one. */
function withCurrent(double: Double): string {
  const path = join(makeFolder(), 'kubeconfig')
  const config = JSON.parse(readFileSync(double.kubeconfig, 'utf8')) as object // By the double.
  writeFileSync(path, JSON.stringify({ ...config, 'current-context': double.context }))
  return path
}
