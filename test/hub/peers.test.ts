import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reachable } from '../../hub/peers/invitation.ts'
import type { Peer } from '../../schemas/peer.ts'
import type { Task } from '../../schemas/task.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import { connect, startHttp, write } from '../helpers/upstreams.ts'

type Invitation = { invitation: string }

const peers = async (hub: TestHub) => (await hub.call<{ items: Peer[] }>('peer_list')).items
const isReady = (hub: TestHub, name: string) =>
  until(async () => (await peers(hub)).some((peer) => peer.name === name && peer.state === 'ready'))

/** Two hubs; ada joins bob. */
async function startPair(
  invite: Record<string, unknown> = {},
): Promise<{ ada: TestHub; bob: TestHub; invitation: string }> {
  const [ada, bob] = [
    await startHub({ logLevel: 'silent' }),
    await startHub({ logLevel: 'silent' }),
  ]
  const { invitation } = await bob.call<Invitation>('peer_invite', invite)
  await ada.call('peer_add', { invitation, name: 'bob', as: 'ada' })
  await isReady(ada, 'bob')
  return { ada, bob, invitation }
}

test('a hub that was invited sees the other, its machine, and calls its tools', async () => {
  const { ada, bob } = await startPair()
  const [peer] = await peers(ada)
  const { capacity } = await bob.call<{ capacity: { node: string } }>('capacity_read')
  expect(peer).toMatchObject({ name: 'bob', url: bob.url, state: 'ready' })
  expect(peer?.capacity?.node).toBe(capacity.node)
  expect(peer?.room).toBeGreaterThanOrEqual(0)
  expect(await ada.call('bob_whoami')).toMatchObject({
    principal: { kind: 'hub', id: 'hub:ada', roles: ['viewer'], orgs: ['default'] },
  })
  const [other] = await peers(bob)
  expect(other).toMatchObject({ name: 'ada', state: 'calls_only', granted: { role: 'viewer' } })
  const answer = await fetch(`${ada.url}/peers`, {
    headers: { authorization: `Bearer ${ada.token}` },
  })
  expect(await answer.json()).toMatchObject({ items: [{ name: 'bob' }] })
})

test('a peer that went away is listed as degraded, with what is wrong', async () => {
  const { ada, bob } = await startPair()
  await bob.hub.stop()
  const [peer] = await peers(ada)
  expect(peer).toMatchObject({
    name: 'bob',
    state: 'degraded',
    reason: expect.any(String) as string,
  })
  expect(peer).not.toHaveProperty('capacity')
})

test('a role that allows it gives work to the other machine, and both audit it', async () => {
  const { ada, bob } = await startPair({ role: 'developer' })
  expect(await ada.call('capacity_read', { peers: true })).toMatchObject({
    peers: [
      {
        name: 'bob',
        fits: false,
        reasons: [expect.stringContaining('pods on local are not isolated') as string],
      },
    ],
  })
  const { id: task } = await ada.call<Task>('bob_task_submit', {
    template: 'command',
    command: 'true',
  })
  expect(await bob.call('task_read', { task })).toMatchObject({
    task: { id: task, submittedBy: 'hub:ada' },
  })
  const rows = async (hub: TestHub, tool: string) =>
    (
      await hub.call<{ items: { tool: string; principal: string; outcome: string }[] }>(
        'audit_list',
        { limit: 50 },
      )
    ).items.filter((row) => row.tool === tool)
  expect(await rows(ada, 'bob_task_submit')).toMatchObject([{ principal: 'owner', outcome: 'ok' }])
  expect(await rows(bob, 'task_submit')).toMatchObject([{ principal: 'hub:ada', outcome: 'ok' }])
})

test('a viewer among hubs may look and not act, and no hub reaches through another', async () => {
  const { ada, bob } = await startPair()
  write(bob, { extra: { url: (await startHttp('v2')).url, prefix: '' } })
  await until(
    async () =>
      (await bob.client.call<{ text: string }>('echo', { text: 'x' }).catch(() => undefined)) !==
      undefined,
  )
  const names = await toolNames(ada)
  expect(names).toContain('bob_task_list')
  expect(names).not.toContain('bob_task_submit')
  expect(names).not.toContain('bob_echo')
  const { authorization = '' } = ada.hub.upstreams.link('bob')?.config.headers ?? {}
  const asPeer = bob.client.withToken(authorization.replace('Bearer ', ''))
  expect(await failure(asPeer.call('echo', { text: 'x' }))).toMatchObject({ code: 'denied' })
})

test('an invitation is good once, for ten minutes, and for nothing else', async () => {
  const { ada, bob, invitation } = await startPair()
  expect(
    await failure(ada.call('peer_add', { invitation, name: 'bob2', as: 'ada2' })),
  ).toMatchObject({
    code: 'denied',
    message: `the invitation of ${bob.url} was used, or has expired`,
    hint: expect.stringContaining('ask the owner of that hub for a new one') as unknown,
  })
  const { invitation: second } = await bob.call<Invitation>('peer_invite')
  const guest = bob.client.withToken(second.split('#peer.')[1] ?? '')
  expect(await failure(guest.call('task_list'))).toMatchObject({ code: 'denied' })
  expect(await failure(guest.call('peer_join', { name: 'ada' }))).toMatchObject({
    code: 'conflict',
  })
  expect(
    await failure(ada.call('peer_add', { invitation: second, name: 'bob', as: 'x' })),
  ).toMatchObject({ code: 'conflict' })
  expect(
    await failure(ada.call('peer_add', { invitation: 'http://x', name: 'c', as: 'x' })),
  ).toMatchObject({ code: 'invalid' })
  // Refused, it is not used up.
  await ada.call('peer_add', { invitation: second, name: 'bob3', as: 'ada3' })
  const developer = await ada.as('dev', 'developer')
  expect(await failure(developer.call('peer_invite'))).toMatchObject({ code: 'denied' })
})

test('an invitation that is good on its own machine alone says so, and one that cannot be answered is refused', async () => {
  const hub = await startHub({ host: '0.0.0.0' })
  expect(await hub.call('peer_invite')).toMatchObject({
    invitation: expect.stringContaining('http://127.0.0.1:') as string,
    note: expect.stringMatching(/only hubs on this machine .* with url/) as string,
  })
  for (const url of ['http://100.64.0.1:7070', 'https://hub.example.org'])
    expect(await hub.call('peer_invite', { url })).not.toHaveProperty('note')
  const { invitation } = await hub.call<Invitation>('peer_invite', {
    url: 'http://100.64.0.1:7070',
    mutual: true,
  })
  const joining = hub.call('peer_add', { invitation, name: 'lab', as: 'laptop' })
  expect(await failure(joining)).toMatchObject({
    code: 'invalid',
    hint: expect.stringContaining('`url`') as string,
  })
})

test('a peer that only calls is not taken over by another of its name, so its credential can still be ended', async () => {
  const { ada, bob } = await startPair()
  const { invitation } = await ada.call<Invitation>('peer_invite', { mutual: true })
  const again = bob.call('peer_add', { invitation, name: 'ada', as: 'other' })
  expect(await failure(again)).toMatchObject({ code: 'conflict' })
  await bob.call('peer_remove', { name: 'ada' })
  expect(await failure(ada.call('bob_whoami'))).toBeTruthy()
})

test('a mutual invitation works both ways, and survives restarts', async () => {
  const { ada, bob } = await startPair({ mutual: true })
  await isReady(bob, 'ada')
  expect(await bob.call('ada_whoami')).toMatchObject({ principal: { id: 'hub:bob' } })
  await ada.hub.stop()
  const port = Number(new URL(ada.url).port)
  const again = await startHub({ data: ada.hub.dataDir, port, logLevel: 'silent' })
  await isReady(again, 'bob')
  await until(async () => (await failureOr(bob.call('ada_whoami'))) !== undefined)
  expect(await again.call('bob_whoami')).toMatchObject({ principal: { id: 'hub:ada' } })
})

test('who is removed is out at once, and the other sees why', async () => {
  const { ada, bob } = await startPair()
  await bob.call('peer_remove', { name: 'ada' })
  await failure(ada.call('bob_whoami'))
  expect(await peers(bob)).toEqual([])
  await ada.call('peer_remove', { name: 'bob' })
  expect(await peers(ada)).toEqual([])
  expect(await toolNames(ada)).not.toContain('bob_whoami')
  expect(await failure(ada.call('peer_remove', { name: 'bob' }))).toMatchObject({
    code: 'not_found',
  })
})

test('a peer that is down is listed with the reason, and delays the list by seconds at most', async () => {
  const { ada, bob } = await startPair()
  await bob.hub.stop()
  await failure(ada.call('bob_whoami'))
  const before = performance.now()
  const [peer] = await peers(ada)
  expect(performance.now() - before).toBeLessThan(4000)
  expect(peer?.capacity).toBeUndefined()
  expect(peer?.reason).toBeTruthy()
})

test('credentials of peers stand nowhere in clear, the audit included', async () => {
  const { ada, bob, invitation } = await startPair({ mutual: true })
  const token = invitation.split('#mutual.')[1] ?? ''
  for (const { hub } of [ada, bob])
    for (const file of readdirSync(hub.dataDir).filter((name) => name.startsWith('switchyard.db')))
      expect(readFileSync(join(hub.dataDir, file)).includes(token)).toBe(false)
})

test('hubs talk in clear only within this machine and a mesh', () => {
  for (const address of [
    'http://127.0.0.1:7070',
    'http://[::1]:1',
    'http://100.101.2.3:7070',
    'http://[fd7a:115c:a1e0::5]:1',
    'https://hub.example.org',
  ])
    expect(reachable(`${address}/`)).toBe(address)
  for (const address of [
    'http://192.168.1.5:7070',
    'http://hub.example.org',
    'http://100.128.0.1',
    'http://[2001:db8::1]',
  ])
    expect(() => reachable(address)).toThrow('plain http')
})

const failureOr = (promise: Promise<unknown>) => promise.catch(() => undefined)

const toolNames = async (hub: TestHub) =>
  (await (await connect(hub, 'auto')).listTools()).tools.map(({ name }) => name)
