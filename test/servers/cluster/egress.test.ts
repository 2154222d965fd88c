import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import { Egress } from '../../../schemas/egress.ts'
import type { Event } from '../../../schemas/event.ts'
import type { Task } from '../../../schemas/task.ts'
import { isAllowed, isReachable } from '../../../servers/cluster/drivers/egress/policy.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { makeFolder } from '../../helpers/folder.ts'
import type { Opened } from '../../hub/pods/exposed-pods.ts'
import { ask, enter, openSocket, said, servingPod } from '../../hub/pods/exposed-pods.ts'
import { offered } from './local-drivers.ts'

test.each<[Egress, string, number, boolean]>([
  ['all', 'example.org', 443, true],
  ['hub', 'example.org', 443, false],
  [['example.org'], 'example.org', 443, true],
  [['example.org'], 'EXAMPLE.org.', 80, true],
  [['example.org'], 'a.example.org', 443, false],
  [['example.org'], 'example.org.evil.net', 443, false],
  [['*.example.org'], 'a.b.example.org', 443, true],
  [['*.example.org'], 'example.org', 443, false],
  [['*.example.org'], 'badexample.org', 443, false],
  [['example.org:8443'], 'example.org', 8443, true],
  [['example.org:8443'], 'example.org', 443, false],
  [[], '', 443, false],
])('egress %j and %s:%d', (egress, host, port, allowed) => {
  expect(isAllowed(Egress.parse(egress), { host, port })).toBe(allowed)
})

test.each<[string, string, boolean]>([
  ['example.org', '93.184.216.34', true],
  ['mirror.lan', '10.1.2.3', true],
  ['example.org', '127.0.0.1', false],
  ['example.org', '169.254.169.254', false],
  ['example.org', '::ffff:169.254.169.254', false],
  ['example.org', '::1', false],
  ['example.org', 'fe80::1', false],
  ['localhost', '127.0.0.1', true],
  ['169.254.169.254', '169.254.169.254', true],
])('a name %s that leads to %s, where an org lists it', (host, address, reachable) => {
  expect(isReachable([host], host, address)).toBe(reachable)
})

test('what is no host is refused', () => {
  for (const wrong of ['*', 'https://example.org', 'a b', '*.*.org', 'example.org:port'])
    expect(Egress.safeParse([wrong]).success).toBe(false)
})

const levels = offered.filter((level) => level === 'bwrap' || level === 'userns')

async function limitedHub(
  isolation: 'bwrap' | 'userns' | 'none',
  egress: Egress,
): Promise<TestHub> {
  const data = makeFolder('hub')
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ allowUnisolated: true, orgs: { default: { egress } } }),
  )
  return startHub({ data, isolation, logLevel: 'silent' })
}

async function ended(hub: TestHub, script: string): Promise<{ pod: Pod; text: string }> {
  const command = [process.execPath, '-e', script]
  const { id } = await hub.call<Pod>('pod_run', { command })
  let pod: Pod | undefined
  await until(async () => (pod = await hub.call<Pod>('pod_read', { pod: id })).state === 'exited')
  const { data } = await hub.call<{ data: string }>('pod_log', { pod: id })
  return { pod: pod!, text: data }
}

async function startServer(): Promise<number> {
  const server = createServer((request, response) => response.end(`reached ${request.url}`))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port // A TCP server that listens has one.
}

describe.each(levels)('a pod under %s whose org limits where it connects to', (level) => {
  test('reaches what is listed by its proxy and the hub at its address, and nothing by itself', async () => {
    const [listed, other] = [await startServer(), await startServer()]
    const hub = await limitedHub(level, [`localhost:${listed}`])
    const script = `
      const { connect } = require('node:net')
      const say = (what, promise) => promise.then((text) => console.log(what, text), (error) => console.log(what, 'failed', error.cause?.code ?? error.code ?? error.message))
      const direct = (host, port) => new Promise((resolve, reject) => {
        const socket = connect({ host, port, timeout: 3000 })
        socket.once('connect', () => resolve('CONNECTED')).once('error', reject).once('timeout', () => reject(new Error('timeout')))
      })
      const tunnel = (to) => new Promise((resolve, reject) => {
        const { request } = require('node:http')
        const asked = request({ host: '127.0.0.1', port: 3128, method: 'CONNECT', path: to, agent: false })
        asked.once('connect', ({ statusCode }, socket) => { socket.destroy(); resolve('answered ' + statusCode) }).once('error', reject).end()
      })
      // The same name by another: NO_PROXY keeps localhost itself from the proxy.
      const { request } = require('node:http')
      const byProxy = (url) => new Promise((resolve, reject) => {
        const asked = request({ host: '127.0.0.1', port: 3128, path: url, headers: { host: new URL(url).host }, agent: false }, (answer) => {
          let text = ''
          answer.on('data', (chunk) => (text += chunk)).once('end', () => resolve(answer.statusCode + ' ' + text.trim()))
        })
        asked.once('error', reject).end()
      })
      ;(async () => {
        await say('direct listed', direct('127.0.0.1', ${listed}))
        await say('direct other', direct('127.0.0.1', ${other}))
        await say('direct outside', direct('192.0.2.1', 80))
        await say('metadata', direct('169.254.169.254', 80))
        await say('proxy listed', byProxy('http://localhost:${listed}/x?y=1'))
        await say('tunnel listed', tunnel('localhost:${listed}'))
        await say('proxy other', byProxy('http://localhost:${other}/'))
        await say('tunnel metadata', tunnel('169.254.169.254:80'))
        await say('tunnel address', tunnel('127.0.0.1:${listed}'))
        const hub = require('node:fs').readFileSync(process.env.SWITCHYARD_ENDPOINT ?? '${hub.hub.dataDir}/run/endpoint', 'utf8').trim()
        await say('hub', fetch(hub + '/health').then((answer) => answer.status))
        await say('env', fetch('http://unlisted.invalid/'))
        process.exit(3)
      })()`
    const { pod, text } = await ended(hub, script)
    expect(pod).toMatchObject({ exitCode: 3 })
    expect(pod.limits).toContain('egress')
    for (const what of ['direct listed', 'direct other', 'direct outside', 'metadata'])
      expect(text).toMatch(new RegExp(`^${what} failed (ECONNREFUSED|ENETUNREACH)`, 'm'))
    expect(text).toContain('proxy listed 200 reached /x?y=1\n')
    expect(text).toContain('tunnel listed answered 200\n')
    expect(text).toContain(`proxy other 403 localhost:${other} is refused`)
    expect(text).toContain('tunnel metadata answered 403\n')
    expect(text).toContain('tunnel address answered 403\n')
    expect(text).toContain('hub 200\n')
    // Node's own fetch takes the proxy, which refuses.
    expect(text).toContain('[egress] unlisted.invalid:80 is not allowed for the org default\n')
    expect(text).toContain(`[egress] localhost:${other} is not allowed for the org default\n`)
    const { items } = await hub.call<{ items: Event[] }>('event_list', { after: 0, limit: 200 })
    const refused = items.filter(({ kind }) => kind === 'pod.refused').map(({ data }) => data?.host)
    expect(refused).toEqual([
      `localhost:${other}`,
      '169.254.169.254:80',
      `127.0.0.1:${listed}`,
      'unlisted.invalid:80',
    ])
  })

  test('does the work of a task: its agent reaches the hub', async () => {
    const data = makeFolder('hub')
    const file = { orgs: { default: { egress: 'hub' } } }
    writeFileSync(join(data, 'switchyard.json'), JSON.stringify(file))
    const hub = await startHub({ data, isolation: level, dispatch: 'local' })
    const asked = { template: 'command', command: 'echo worked' }
    const { id } = await hub.call<{ id: string }>('task_submit', asked)
    await until(async () => {
      const { task } = await hub.call<{ task: Task }>('task_read', { task: id })
      return task.state === 'succeeded'
    })
  })

  test('has ports of its own, which pod_expose reaches nevertheless', async () => {
    const hub = await limitedHub(level, 'hub')
    const [one, two] = [await servingPod(hub, {}, 18_080), await servingPod(hub, {}, 18_080)]
    for (const place of [one, two]) {
      const at = await enter(await hub.call<Opened>('pod_expose', place))
      const { text } = await ask(at.origin, { headers: { cookie: at.cookie } })
      expect(JSON.parse(text)).toMatchObject({ pod: place.pod })
      const socket = openSocket(at)
      await new Promise((resolve) => socket.once('open', resolve))
      const reply = said(socket)
      socket.send('hello')
      expect(await reply).toBe('pod: hello')
      socket.terminate()
    }
    const nothing = await failure(hub.call('pod_expose', { ...one, port: 18_081 }))
    expect(nothing).toMatchObject({ code: 'conflict' })
    // What its bridge holds for the hub leads to the hub, which serves no such name.
    const machine = Number(new URL(hub.url).port)
    const at = await enter(await hub.call<Opened>('pod_expose', { ...one, port: machine }))
    const headers = { cookie: at.cookie, authorization: `Bearer ${hub.token}` }
    expect(await ask(at.origin, { headers })).toMatchObject({ status: 403 })
  })

  test('is told to end as others are, and one of another org has the network as before', async () => {
    const port = await startServer()
    const hub = await limitedHub(level, 'hub')
    const script = `process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); console.log('up'); setInterval(() => {}, 1000)`
    const { id } = await hub.call<Pod>('pod_run', { command: [process.execPath, '-e', script] })
    const log = async () => (await hub.call<{ data: string }>('pod_log', { pod: id })).data
    await until(async () => (await log()).includes('up'))
    await hub.call('pod_delete', { pod: id, grace_ms: 10_000 })
    await until(async () => (await log()).includes('bye'))
    const free = `fetch('http://127.0.0.1:${port}/').then((answer) => answer.text()).then(console.log)`
    const command = [process.execPath, '-e', free]
    const other = await hub.call<Pod>('pod_run', { command, org: 'free' })
    expect(other.limits).not.toContain('egress')
    await until(async () => (await hub.call<Pod>('pod_read', { pod: other.id })).state === 'exited')
    const { data } = await hub.call<{ data: string }>('pod_log', { pod: other.id })
    expect(data).toBe('reached /\n')
  })
})

test('where isolation cannot hold it no pod of the org starts', async () => {
  const hub = await limitedHub('none', 'hub')
  const refused = await failure(hub.call('pod_run', { command: ['true'] }))
  expect(refused).toMatchObject({ code: 'unsupported' })
  expect(refused.message).toContain('limits where its pods connect to')
})
