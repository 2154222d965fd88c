import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { startDouble } from '../../helpers/kubernetes/double/server.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { podServer } from '../../servers/cluster/pod-server.ts'
import type { Opened } from './exposed-pods.ts'
import { ask, enter, openSocket, said, servingPod } from './exposed-pods.ts'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // A TCP server that listens has one.
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('after a crash of the hub it is there again with its pod, and the browser that was let in still is', async () => {
  const exposePort = await freePort()
  const data = makeFolder('hub')
  writeFileSync(join(data, 'switchyard.json'), '{"allowUnisolated":true}')
  const options = ['--isolation', 'none', '--expose-port', String(exposePort)]
  const hub = new ProcessHub(data, options)
  onTestFinished(async () => void (await hub.stop()))
  await hub.start()
  const client = hub.client()
  const at = await enter(await client.call<Opened>('pod_expose', await servingPod(client)))
  const headers = { cookie: at.cookie }
  expect((await ask(at.origin, { headers })).status).toBe(200)
  await hub.kill()
  await expect(ask(at.origin, { headers })).rejects.toThrow()
  await hub.start()
  await until(async () => (await ask(at.origin, { headers })).status === 200)
})

test('half an hour without use ends it, and its time limit does; what is open keeps it', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  const place = await servingPod(hub)
  const used = await hub.call<Opened>('pod_expose', { ...place, ttl_ms: 86_400_000 })
  const at = await enter(used)
  const socket = openSocket(at)
  await new Promise((resolve) => socket.once('open', resolve))
  await clock.advance(3 * 3_600_000)
  expect((await ask(at.origin, { headers: { cookie: at.cookie } })).status).toBe(200)
  socket.close()
  await said(socket)
  await until(async () => {
    await clock.advance(60_000)
    return (await hub.call<Pod>('pod_read', { pod: place.pod })).exposed === undefined
  })
  expect((await ask(at.origin, { headers: { cookie: at.cookie } })).text).toContain('half an hour')
  const short = await hub.call<Opened>('pod_expose', { ...place, ttl_ms: 60_000 })
  const again = await enter(short)
  const open = openSocket(again)
  await new Promise((resolve) => open.once('open', resolve))
  const closed = said(open)
  await clock.advance(100_000)
  expect(await closed).toBe('closed')
  expect((await ask(short.url)).status).toBe(401)
})

test('an old link lets nobody in', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  const { url } = await hub.call<Opened>('pod_expose', await servingPod(hub))
  await clock.advance(10 * 60_000 + 1)
  expect((await ask(url)).status).toBe(401)
})

test('an editor is started when it is opened, and a pod without one says so', async () => {
  const bin = makeFolder('bin')
  const path = process.env.PATH ?? ''
  const hub = await startHub()
  const { id: pod } = await hub.call<Pod>('pod_run', { command: ['sleep', '300'] })
  const asked = { pod, kind: 'code-server' }
  expect(await failure(hub.call('pod_expose', asked))).toMatchObject({ code: 'unsupported' })
  // A program of that name that serves, and says with what it was started.
  const serve = podServer.replace("'127.0.0.1'", "process.argv.at(-2).split(':')[0]")
  const script = `#!${process.execPath}\nprocess.env.PORT = process.argv.at(-2).split(':')[1]\nconsole.error(process.argv.slice(2).join(' '))\n${serve}`
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'code-server'), script)
  chmodSync(join(bin, 'code-server'), 0o755)
  process.env.PATH = `${bin}:${path}`
  onTestFinished(() => void (process.env.PATH = path))
  const opened = await hub.call<Opened>('pod_expose', asked)
  const at = await enter(opened)
  const answer = await ask(at.origin, { headers: { cookie: at.cookie } })
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.text)).toMatchObject({ pod })
  expect(await hub.call('pod_expose', asked)).toMatchObject({ id: opened.id, port: opened.port })
  await hub.call('pod_unexpose', { exposure: opened.id })
  // It ends with its exposure: nothing listens there any more.
  await until(async () => {
    const { code } = await failure(hub.call('pod_expose', { pod, port: opened.port }))
    return code === 'conflict'
  })
})

test('a pod of Kubernetes is reached through its API server, whose address no browser sees', async () => {
  const hub = await startHub()
  const { kubeconfig, context } = await startDouble()
  await hub.call('cluster_add', {
    cluster: 'kube',
    kubeconfig,
    context,
    image: 'docker.io/local/box:1',
    orgs: ['default'],
  })
  const opened = await hub.call<Opened>(
    'pod_expose',
    await servingPod(hub, { cluster: 'kube', resources: { cpus: 0.1, memoryMb: 256 } }),
  )
  const at = await enter(opened)
  const headers = { cookie: at.cookie, authorization: 'Bearer mine', 'accept-encoding': 'br' }
  const { text } = await ask(`${at.origin}/x?y=1`, { headers })
  const echo = JSON.parse(text) as { url: string; headers: Record<string, string> } // Of the pod's program.
  expect(echo.url).toBe('/x?y=1')
  expect(echo.headers).toMatchObject({ 'accept-encoding': 'gzip' })
  expect(echo.headers).not.toHaveProperty('authorization')
  const moved = await ask(`${at.origin}/redirect`, { headers })
  expect(moved.headers.location).toBe('/there')
  const socket = openSocket(at)
  await new Promise((resolve) => socket.once('open', resolve))
  const reply = said(socket)
  socket.send('hello')
  expect(await reply).toBe('pod: hello')
  socket.terminate()
})
