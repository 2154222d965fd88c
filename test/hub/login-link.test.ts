import { expect, test } from 'vitest'
import { failure, startHub } from '../helpers/hub.ts'

test('a login link signs a browser in once, and only owners make one', async () => {
  const hub = await startHub()
  const { url } = await hub.call<{ url: string }>('login_link')
  expect(url).toMatch(new RegExp(`^${hub.url}/login\\?code=`))
  const look = await fetch(url, { method: 'HEAD' })
  expect([look.status, look.headers.get('set-cookie')]).toEqual([200, null])
  expect((await fetch(`${hub.url}/health`, { method: 'HEAD' })).status).toBe(200)
  const first = await fetch(url, { redirect: 'manual' })
  expect([first.status < 400, first.headers.get('set-cookie')]).toEqual([
    true,
    expect.stringContaining('HttpOnly'),
  ])
  expect((await fetch(url, { redirect: 'manual' })).status).toBeGreaterThanOrEqual(400)
  const ada = await hub.as('ada', 'developer')
  expect(await failure(ada.call('login_link'))).toMatchObject({ code: 'denied' })
})

test('a browser with an old login link is told how to get a new one, a program in JSON', async () => {
  const { url } = await startHub()
  const open = (accept: string) => fetch(`${url}/login?code=old`, { headers: { accept } })
  const shown = await open('text/html,application/xhtml+xml,*/*;q=0.8')
  expect([
    shown.status,
    shown.headers.get('content-type'),
    shown.headers.get('set-cookie'),
  ]).toEqual([401, expect.stringContaining('text/html'), null])
  expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(await shown.text()).toMatch(/It was used, or is older.*switchyard login/)
  const told = await open('*/*')
  expect([told.status, await told.json()]).toEqual([
    401,
    { error: expect.objectContaining({ code: 'unauthenticated' }) as object },
  ])
})

const send = (url: string, token: string, origin: string | undefined = url) =>
  fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(origin === '' ? {} : { origin }) },
    body: JSON.stringify({ token }),
  })

test('a pasted token signs a browser in until the token is revoked', async () => {
  const hub = await startHub()
  const made = await hub.call<{ id: string; token: string }>('token_create', {
    name: 'ada',
    role: 'developer',
  })
  const reply = await send(hub.url, ` ${made.token}\n`)
  const set = reply.headers.get('set-cookie') ?? ''
  expect([reply.status, set]).toEqual([204, expect.stringMatching(/HttpOnly; SameSite=Strict/)])
  const cookie = set.split(';')[0] ?? ''
  // As a page asks whether it is still signed in: browsers send no Origin with HEAD to their own site.
  const events = (method = 'HEAD') => fetch(`${hub.url}/events`, { method, headers: { cookie } })
  expect((await events()).status).toBe(200)
  expect((await events('POST')).status).toBe(401)
  await hub.call('token_revoke', { id: made.id })
  expect((await events()).status).toBe(401)
})

test('no unknown token, no agent’s and no other site signs a browser in', async () => {
  const hub = await startHub()
  expect((await send(hub.url, `sy_${'x'.repeat(43)}`)).status).toBe(401)
  expect((await send(hub.url, 'short; Domain=evil')).status).toBe(401)
  expect((await send(hub.url, hub.token, '')).status).toBe(403)
  expect((await send(hub.url, hub.token, 'http://evil.example')).status).toBe(403)
  await hub.call('task_submit', { template: 'command', command: 'true' })
  const { lease } = await hub.call<{ lease: { token: string } }>('task_claim', { agent: 'one' })
  const refused = await send(hub.url, lease.token)
  expect([refused.status, refused.headers.get('set-cookie')]).toEqual([403, null])
})
