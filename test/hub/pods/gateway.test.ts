import { expect, test } from 'vitest'
import type { Pod } from '../../../schemas/cluster.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import type { Opened } from './exposed-pods.ts'
import { ask, enter, openSocket, said, servingPod } from './exposed-pods.ts'

type Echo = { method: string; url: string; headers: Record<string, string>; body: string }

test('a link opens a port of a pod once, on an origin of its own, and the pod sees no credential', async () => {
  const hub = await startHub()
  const { pod, port } = await servingPod(hub)
  const opened = await hub.call<Opened>('pod_expose', { pod, port })
  expect(opened).toMatchObject({ pod, port, kind: 'http' })
  expect(opened.url).toMatch(/^http:\/\/p[0-9a-f]{20}\.localhost:\d+\//)
  const link = await ask(opened.url)
  expect(link).toMatchObject({ status: 303, headers: { location: '/' } })
  const [set = ''] = link.headers['set-cookie'] ?? []
  expect(set).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/)
  const [cookie = ''] = set.split(';')
  const { origin } = new URL(opened.url)
  const headers = {
    cookie: `theirs=1; ${cookie}; switchyard_7070=owner`,
    authorization: `Bearer ${hub.token}`,
    'impersonate-user': 'system:admin',
    'x-forwarded-host': 'forged',
    connection: 'close, x-hop',
    'x-hop': '1',
    origin,
  }
  const answer = await ask(`${origin}/a%20b?q=1`, { method: 'POST', headers, body: 'hello' })
  expect(answer.status).toBe(200)
  const echo = JSON.parse(answer.text) as Echo // Of the pod's program.
  expect(echo).toMatchObject({ method: 'POST', url: '/a%20b?q=1', body: 'hello' })
  expect(echo.headers).toMatchObject({
    cookie: 'theirs=1',
    'x-forwarded-host': new URL(origin).host,
  })
  for (const name of ['authorization', 'impersonate-user', 'x-hop'])
    expect(echo.headers).not.toHaveProperty(name)
  expect(answer.text).not.toContain(cookie.split('=')[1])
  // What a pod sets stays its own.
  expect(answer.headers['set-cookie']).toEqual(['own=1; Path=/'])
  expect(answer.headers).not.toHaveProperty('strict-transport-security')
  expect(answer.headers['content-security-policy']).toContain(`frame-ancestors 'self' ${hub.url}`)
  expect((await ask(opened.url)).status).toBe(401)
  const read = await hub.call<Pod>('pod_read', { pod })
  expect(read.exposed).toEqual([{ ...opened, url: undefined }])
})

test('nothing gets in without the cookie of this very exposure, nor from the page of another site', async () => {
  const hub = await startHub()
  const [one, two] = [await servingPod(hub), await servingPod(hub)]
  const mine = await enter(await hub.call<Opened>('pod_expose', one))
  const other = await enter(await hub.call<Opened>('pod_expose', two))
  const status = async (
    headers: Record<string, string>,
    more: { method?: string; host?: string; path?: string } = {},
  ) => (await ask(`${mine.origin}${more.path ?? '/'}`, { headers, ...more })).status
  const { cookie } = mine
  expect(await status({ cookie })).toBe(200)
  expect(await status({})).toBe(401)
  expect(await status({ cookie: other.cookie })).toBe(401)
  expect(await status({ authorization: `Bearer ${hub.token}` })).toBe(401)
  // Of the hub's own port, of a name that is none, of a name that another resolver would give.
  const { port } = new URL(mine.origin)
  for (const host of [`127.0.0.1:${port}`, `nobody.localhost:${port}`, 'evil.example'])
    expect(await status({ cookie }, { host })).toBe(404)
  for (const headers of [
    { origin: other.origin },
    { origin: hub.url },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
  ] as Record<string, string>[])
    expect(await status({ cookie, ...headers })).toBe(403)
  const navigation = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  expect(await status({ cookie, ...navigation })).toBe(200)
  expect(await status({ cookie, ...navigation }, { method: 'POST' })).toBe(403)
  for (const path of ['/../x', '/a/%2e%2e/x', '/a/..%2fx', '/a/%2E./x', '/%', '/a\\..\\x'])
    expect(await status({ cookie }, { path })).toBe(400)
  expect(await said(openSocket({ ...mine, cookie: other.cookie }))).toBe('refused 401')
  expect(await said(openSocket(mine, { origin: other.origin }))).toBe('refused 403')
})

test.each(['GET', 'DELETE', 'POST'])(
  'the body of a %s that comes in chunks is a body at the pod, and no request of its own',
  async (method) => {
    const hub = await startHub()
    const at = await enter(await hub.call<Opened>('pod_expose', await servingPod(hub)))
    const body = 'GET /smuggled HTTP/1.1\r\nhost: pod\r\n\r\n'
    const headers = { cookie: at.cookie, 'transfer-encoding': 'chunked' }
    const first = await ask(`${at.origin}/first`, { method, headers, body })
    expect(JSON.parse(first.text)).toMatchObject({ method, url: '/first', body })
    const next = await ask(`${at.origin}/next`, { headers: { cookie: at.cookie } })
    expect(JSON.parse(next.text)).toMatchObject({ url: '/next', body: '' })
  },
)

test('WebSockets and streams pass as they come, and are cut when it is exposed no longer', async () => {
  const hub = await startHub()
  const place = await servingPod(hub)
  const opened = await hub.call<Opened>('pod_expose', place)
  const at = await enter(opened)
  const socket = openSocket(at)
  await new Promise((resolve) => socket.once('open', resolve))
  const reply = said(socket)
  socket.send('hello')
  expect(await reply).toBe('pod: hello')
  const headers = { cookie: at.cookie }
  expect((await ask(`${at.origin}/stream`, { headers })).text).toBe('data: one\n\ndata: two\n\n')
  expect((await ask(`${at.origin}/redirect`, { headers })).headers.location).toBe('/there')
  const forever = ask(`${at.origin}/forever`, { headers })
  const cut = expect(forever).rejects.toThrow()
  const closed = said(socket)
  // A second link is to the same place, and a session lasts over it.
  const again = await hub.call<Opened>('pod_expose', { ...place, ttl_ms: 7_200_000 })
  expect(again).toMatchObject({ id: opened.id })
  expect(again.expiresAt).toBeGreaterThan(opened.expiresAt)
  expect(await hub.call('pod_unexpose', { exposure: opened.id })).toEqual({ ended: true })
  expect(await closed).toBe('closed')
  await cut
  const gone = await ask(at.origin, { headers })
  expect(gone).toMatchObject({ status: 404 })
  expect(gone.text).toContain('ended by request')
  expect((await ask(again.url)).status).toBe(401)
  expect(await hub.call('pod_unexpose', { exposure: opened.id })).toEqual({ ended: false })
})

test('it ends with its pod', async () => {
  const hub = await startHub()
  const place = await servingPod(hub)
  const at = await enter(await hub.call<Opened>('pod_expose', place))
  const socket = openSocket(at)
  await new Promise((resolve) => socket.once('open', resolve))
  const closed = said(socket)
  await hub.call('pod_delete', { pod: place.pod, grace_ms: 0 })
  expect(await closed).toBe('closed')
  await until(async () => (await ask(at.origin, { headers: { cookie: at.cookie } })).status === 404)
  expect(await failure(hub.call('pod_expose', place))).toMatchObject({ code: 'conflict' })
})

test('who may not start pods, or is of another org, exposes nothing and closes nothing', async () => {
  const hub = await startHub()
  const place = await servingPod(hub)
  const { id } = await hub.call<Opened>('pod_expose', place)
  const reader = await hub.as('reader', 'viewer')
  expect(await failure(reader.call('pod_expose', place))).toMatchObject({ code: 'denied' })
  const stranger = await hub.as('stranger', 'owner', ['elsewhere'])
  expect(await failure(stranger.call('pod_expose', place))).toMatchObject({ code: 'not_found' })
  expect(await failure(stranger.call('pod_unexpose', { exposure: id }))).toMatchObject({
    code: 'not_found',
  })
  const { port } = new URL(hub.url)
  const own = await failure(hub.call('pod_expose', { pod: place.pod, port: Number(port) }))
  expect(own).toMatchObject({ code: 'conflict' })
  expect(own.message).toContain('belongs to something else')
  for (const wrong of [{ pod: place.pod }, { ...place, kind: 'code-server' }])
    expect(await failure(hub.call('pod_expose', wrong))).toMatchObject({ code: 'invalid' })
})
