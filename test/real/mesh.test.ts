import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { LogChunk } from '../../schemas/log.ts'
import type { Peer } from '../../schemas/peer.ts'
import type { Task } from '../../schemas/task.ts'
import { bin } from '../helpers/command-line.ts'
import { until } from '../helpers/hub.ts'
import { end } from '../helpers/kubernetes/processes.ts'
import type { Member, Mesh } from '../helpers/mesh/mesh.ts'
import { startMesh } from '../helpers/mesh/mesh.ts'
import { meshPrograms, whyNoMesh } from '../helpers/mesh/programs.ts'
import { ProcessHub } from '../helpers/process-hub.ts'

/** A hub on a machine of the mesh, at its address there; asked by the command line of that machine. */
type MeshHub = {
  member: Member
  process: ProcessHub
  call<T>(tool: string, args?: object): Promise<T>
}

describe.skipIf(whyNoMesh() !== undefined)('hubs over Headscale and Tailscale', () => {
  let mesh: Mesh
  let ada: MeshHub
  let bob: MeshHub
  const stops: (() => Promise<unknown>)[] = []
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-mesh-hubs-'))

  const startOn = async (member: Member): Promise<MeshHub> => {
    const data = join(folder, member.name)
    const args = ['--host', member.mesh, '--port', '7070']
    args.push('--tailscale-socket', member.socket)
    const process_ = new ProcessHub(data, args, member.inside)
    await process_.start()
    stops.push(() => process_.stop())
    const call = async <T>(tool: string, given: object = {}) => {
      const args = [bin, 'call', tool, '--data', data, '--json', JSON.stringify(given)]
      return JSON.parse(await member.run(process.execPath, ...args)) as T // What the tool answers.
    }
    return { member, process: process_, call }
  }

  beforeAll(async () => {
    mesh = await startMesh(meshPrograms()!) // Looked at above.
    stops.push(() => mesh.stop())
    const tagged = { tags: ['tag:hub'] }
    const members = await Promise.all([mesh.join('ada', tagged), mesh.join('bob', tagged)])
    ada = await startOn(members[0])
    bob = await startOn(members[1])
  }, 300_000)
  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }, 60_000)

  test('they become peers at their addresses in the mesh', async () => {
    expect(bob.process.url).toBe(`http://${bob.member.mesh}:7070`)
    const { invitation } = await bob.call<{ invitation: string }>('peer_invite', {
      role: 'developer',
    })
    expect(invitation).toContain(bob.process.url)
    await ada.call('peer_add', { invitation, name: 'bob', as: 'ada' })
    await until(async () => (await peerOf(ada, 'bob'))?.state === 'ready')
    expect(await ada.call('bob_whoami')).toMatchObject({
      principal: { kind: 'hub', id: 'hub:ada', roles: ['developer'] },
    })
  })

  test('what a peer was given counts from its own machine alone', async () => {
    const { items } = await bob.call<{ items: Peer[] }>('peer_list')
    expect(items).toMatchObject([
      { name: 'ada', machine: expect.stringMatching(/^ada\b/) as string },
    ])
    const { invitation } = await bob.call<{ invitation: string }>('peer_invite')
    const [, ticket = ''] = /#peer\.(.+)$/.exec(invitation) ?? []
    const join = ['peer_join', '--name', 'eve']
    const joined = await callFrom(ada.member, bob.process.url, ticket, join)
    const { token } = JSON.parse(joined) as { token: string }
    expect(await callFrom(ada.member, bob.process.url, token)).toContain('"id": "hub:eve"')
    // bob itself is another machine, whatever it may do there as the owner.
    await expect(callFrom(bob.member, bob.process.url, token)).rejects.toThrow(
      /denied: this credential of hub:eve counts from ada\S* alone, and bob\S* used it/,
    )
    await bob.call('peer_remove', { name: 'eve' })
  })

  test('a task that is handed over runs there and is followed here', async () => {
    const task = await submit(ada, 'echo begun; sleep 2; echo ended')
    expect(await endOf(ada, task)).toMatchObject({ state: 'succeeded' })
    expect(await logOf(ada, task)).toMatch(
      /carried out by the hub bob as task-\S+\n[^]*begun\n[^]*ended\n/,
    )
    const { items } = await bob.call<{ items: Task[] }>('task_list')
    expect(items).toMatchObject([{ state: 'succeeded', submittedBy: 'hub:ada' }])
  })

  test('a task goes on while the mesh is away, and its end is seen once it is back', async () => {
    const task = await submit(ada, 'echo begun; sleep 8; echo ended')
    await until(async () => (await logOf(ada, task)).includes('begun'))
    await bob.member.tailscale('down')
    await until(async () => (await peerOf(ada, 'bob'))?.reason !== undefined)
    // The machine itself still reaches its hub, whatever became of the address that it listens at.
    expect(await bob.call('whoami')).toMatchObject({ principal: { id: 'owner' } })
    await bob.member.up()
    expect(await endOf(ada, task)).toMatchObject({ state: 'succeeded', attempts: 1 })
    expect(await logOf(ada, task)).toContain('ended')
  })

  test('nobody comes in but hubs and people, by no other port and no other way', async () => {
    await mesh.headscale('users', 'create', 'eve')
    const [hub, laptop, stranger] = await Promise.all([
      mesh.join('guest', { tags: ['tag:hub'] }),
      mesh.join('laptop'),
      mesh.join('stranger', { user: '2' }),
    ])
    const { token } = await bob.call<{ token: string }>('token_create', {
      name: 'vera',
      role: 'viewer',
    })
    expect(await callFrom(laptop, bob.process.url, token)).toContain('"id": "vera"')
    await expect(callFrom(laptop, bob.process.url, 'sy_of_nobody')).rejects.toThrow(
      /unauthenticated: the bearer token is unknown/,
    )
    onTestFinished(await listenOn(bob.member, bob.member.mesh, 7071))
    expect(await reach(bob.member, bob.member.mesh, 7071)).toBe('open')
    onTestFinished(await listenOn(laptop, laptop.mesh, 7070))
    for (const from of [hub, laptop]) expect(await reach(from, bob.member.mesh, 7070)).toBe('open')
    // Machines that nothing is open to are not told of it, so they have no road there.
    expect(await reach(stranger, bob.member.mesh, 7070)).toBe('ENETUNREACH')
    // Its address in the network below is none that it listens at.
    expect(await reach(stranger, bob.member.address, 7070)).toBe('ECONNREFUSED')
    const shut = [
      reach(hub, bob.member.mesh, 7071),
      reach(laptop, bob.member.mesh, 7071),
      reach(bob.member, laptop.mesh, 7070),
    ]
    expect(await Promise.all(shut)).toEqual(shut.map(() => 'silent'))
  })

  test('a machine that is taken out of the mesh reaches no hub any more', async () => {
    const nodes = JSON.parse(await mesh.headscale('nodes', 'list', '--output', 'json')) as {
      id: number
      name: string
    }[] // As Headscale has them.
    const { id } = nodes.find(({ name }) => name === 'ada')!
    await mesh.headscale('nodes', 'delete', '--identifier', String(id), '--force')
    await until(async () => (await peerOf(ada, 'bob'))?.reason !== undefined)
  })
})

const submit = async (hub: MeshHub, command: string) =>
  (
    await hub.call<Task>('task_submit', {
      template: 'command',
      command,
      requirements: { hub: 'bob' },
    })
  ).id
const peerOf = async (hub: MeshHub, name: string) =>
  (await hub.call<{ items: Peer[] }>('peer_list')).items.find((peer) => peer.name === name)
const logOf = async (hub: MeshHub, task: string) =>
  (await hub.call<{ items: LogChunk[] }>('task_log', { task })).items
    .map(({ data }) => data)
    .join('')

async function endOf(hub: MeshHub, task: string): Promise<Task> {
  await until(
    async () => (await hub.call<{ settled: boolean }>('task_wait', { task })).settled,
    180_000,
  )
  return (await hub.call<{ task: Task }>('task_read', { task })).task
}

/** What a hub elsewhere says to a person who shows it a credential. */
const callFrom = (from: Member, url: string, token: string, call = ['whoami']): Promise<string> => {
  const shown = [`SWITCHYARD_URL=${url}`, `SWITCHYARD_TOKEN=${token}`]
  return from.run('env', ...shown, process.execPath, bin, 'call', ...call)
}

/** What becomes of a connection from a machine: `open`, `silent`, or the code of the system. */
async function reach(from: Member, host: string, port: number): Promise<string> {
  const script = `
    const socket = require('node:net').connect({ host: '${host}', port: ${port} })
    const say = (what) => { console.log(what); process.exit() }
    socket.once('connect', () => say('open')).once('error', ({ code }) => say(code))
    setTimeout(() => say('silent'), 5000)`
  return (await from.run(process.execPath, '-e', script)).trim()
}

/** Something else that listens on a machine; returns how it is ended. */
async function listenOn(member: Member, host: string, port: number): Promise<() => Promise<void>> {
  const script = `require('node:net').createServer().listen(${port}, '${host}')`
  const [enter = '', ...rest]: string[] = [...member.inside, process.execPath, '-e', script]
  const child = spawn(enter, rest, { stdio: 'ignore' })
  await until(async () => (await reach(member, host, port)) === 'open')
  return () => end(child)
}
