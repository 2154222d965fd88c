import { createServer } from 'node:http'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { MeshIdentity } from '../../hub/auth/mesh-identity.ts'
import type { MeshNode, Principal } from '../../schemas/principal.ts'
import { makeFolder } from '../helpers/folder.ts'
import { failure } from '../helpers/hub.ts'

// In the form of tailscaled's LocalAPI, without most of its fields; test/real/mesh.test.ts asks a real one.
const whoIs = {
  Node: {
    ID: 1,
    StableID: '1',
    Name: 'ada.mesh.example.',
    Tags: ['tag:hub'],
    Addresses: ['100.64.0.1/32', 'fd7a:115c:a1e0::1/128'],
  },
  UserProfile: { ID: 2147455555, LoginName: 'tagged-devices', DisplayName: 'Tagged Devices' },
  CapMap: null,
}
const ada = { id: '1', name: 'ada.mesh.example' }
const invited: Principal = { kind: 'hub', id: 'invitation:t', roles: ['guest'], orgs: [] }
const peer = (node?: MeshNode): Principal => ({
  ...{ kind: 'hub', id: 'hub:ada', roles: ['viewer'], orgs: ['default'] },
  ...(node ? { node } : {}),
})

/** A mesh of one machine, `ada` at 100.64.0.1, as its tailscaled tells of it. */
async function startMesh() {
  const socket = join(makeFolder('mesh'), 'tailscaled.sock')
  const asked: string[] = []
  const answer = { status: 200, text: JSON.stringify(whoIs) }
  const server = createServer(({ url = '', headers }, response) => {
    asked.push(url)
    const isKnown = headers.host === 'local-tailscaled.sock' && url.endsWith('=100.64.0.1')
    response.writeHead(isKnown ? answer.status : 404).end(isKnown ? answer.text : 'not found')
  })
  await new Promise<void>((done) => server.listen(socket, done))
  onTestFinished(() => void server.close())
  const time = { now: 0 }
  const mesh = new MeshIdentity({
    config: () => ({ tailscaleSocket: socket }),
    now: () => time.now,
    log: pino({ level: 'silent' }),
  })
  return { mesh, asked, answer, time, server }
}

test('an invitation that is used in a mesh names the machine, and elsewhere none', async () => {
  const { mesh } = await startMesh()
  expect(await mesh.vouch(invited, '100.64.0.1')).toEqual({ ...invited, node: ada })
  expect(await mesh.vouch(invited, '::ffff:100.64.0.1')).toEqual({ ...invited, node: ada })
  for (const address of ['127.0.0.1', '::1', '192.0.2.7', '100.64.0.9'])
    expect(await mesh.vouch(invited, address)).toBe(invited)
  expect(await mesh.nodeToBind('100.64.0.1')).toEqual(ada)
  expect(await mesh.nodeToBind('hub.example.org')).toBeUndefined()
})

test('a bound credential counts from its machine alone', async () => {
  const { mesh, answer, time } = await startMesh()
  const bound = peer(ada)
  expect(await mesh.vouch(bound, '100.64.0.1')).toBe(bound)
  for (const address of ['100.64.0.9', '127.0.0.1', '192.0.2.7', ''])
    expect(await failure(mesh.vouch(bound, address))).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/hub:ada counts from ada\.mesh\.example alone/) as string,
    })
  // Another machine that was given its address since.
  const other = { ...whoIs, Node: { ...whoIs.Node, StableID: '7', Name: 'eve.mesh.example.' } }
  answer.text = JSON.stringify(other)
  time.now += 10_000
  expect(await failure(mesh.vouch(bound, '100.64.0.1'))).toMatchObject({
    code: 'denied',
    message: expect.stringMatching(/alone, and eve\.mesh\.example used it/) as string,
  })
})

test('one that is bound to none counts from anywhere, and tailscaled is not asked', async () => {
  const { mesh, asked } = await startMesh()
  const unbound = peer()
  for (const address of ['100.64.0.9', '127.0.0.1'])
    expect(await mesh.vouch(unbound, address)).toBe(unbound)
  expect(asked).toEqual([])
})

test('calls that follow one another ask tailscaled once in five seconds', async () => {
  const { mesh, asked, time } = await startMesh()
  for (let call = 0; call < 10; call++) await mesh.vouch(peer(ada), '100.64.0.1')
  expect(asked).toEqual(['/localapi/v0/whois?addr=100.64.0.1'])
  time.now += 5_000
  await mesh.vouch(peer(ada), '100.64.0.1')
  expect(asked).toHaveLength(2)
})

test('while tailscaled says nothing, a bound credential is refused and an invitation is not', async () => {
  const { mesh, answer, server } = await startMesh()
  for (const [status, text] of [
    [500, 'no'],
    [200, '{'],
    [200, '{"Node": null}'],
  ] as const) {
    Object.assign(answer, { status, text })
    expect(await failure(mesh.vouch(peer(ada), '100.64.0.1'))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`it answered ${status}`) as string,
    })
  }
  server.close()
  expect(await failure(mesh.vouch(peer(ada), '100.64.0.1'))).toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('tailscaleSocket names another place') as string,
  })
  expect(await mesh.vouch(invited, '100.64.0.1')).toBe(invited)
})
