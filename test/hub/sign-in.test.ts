import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProtected, visit } from '../helpers/authorization.ts'
import type { Protected } from '../helpers/authorization.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startEverything } from '../helpers/everything.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import { connect, ready, startHttp, startWith, state, write } from '../helpers/upstreams.ts'

type Login = { state: string; link?: string }

const login = (hub: TestHub, args = {}) =>
  hub.call<Login>('server_login', { server: 'guarded', ...args })
const echo = (hub: TestHub, text = 'hi') => hub.call<{ text: string }>('guarded_echo', { text })
const signedOut = (hub: TestHub) =>
  until(async () => (await state(hub, 'guarded'))?.state === 'signed_out')

async function startSignedIn(oauth?: object): Promise<{ hub: TestHub; guarded: Protected }> {
  const guarded = await startProtected((await startHttp('v2')).url)
  const hub = await startWith({ guarded: { url: guarded.url, ...(oauth ? { oauth } : {}) } })
  await signedOut(hub)
  await open(hub)
  await ready(hub, 'guarded')
  return { hub, guarded }
}

/** A person's part, and the browser's: what the hub's own page answers. */
async function open(hub: TestHub): Promise<Response> {
  const { link = '' } = await login(hub)
  return fetch(await visit(link, `${hub.url}/oauth/callback`))
}

test('a server behind OAuth waits for a person, who signs the hub in by a link', async () => {
  const guarded = await startProtected((await startHttp('v2')).url)
  const hub = await startWith({ guarded: { url: guarded.url } })
  await signedOut(hub)
  expect(await state(hub, 'guarded')).toMatchObject({
    reason: expect.stringContaining('server_login'),
    tools: 0,
  })
  expect(guarded.grants).toEqual([])
  const page = await open(hub)
  expect([page.status, await page.text()]).toEqual([
    200,
    expect.stringContaining('guarded is signed in'),
  ])
  await ready(hub, 'guarded')
  expect(await echo(hub)).toMatchObject({ text: 'hi' })
  const { items } = await hub.call<{ items: { principal: string; tool: string; args: string }[] }>(
    'audit_list',
    { limit: 10 },
  )
  const rows = items.filter(({ tool }) => tool === 'server_login')
  expect(rows.map(({ principal }) => principal).toSorted()).toEqual(['owner', 'sign-in'])
})

test('what lets the hub in stands nowhere in clear', async () => {
  const { hub, guarded } = await startSignedIn()
  const tokens = [...guarded.seen].map((header) => header.replace('Bearer ', '')).filter(Boolean)
  expect(tokens).toHaveLength(1)
  const folder = hub.hub.dataDir
  const files = readdirSync(folder).filter((name) => name.startsWith('switchyard.db'))
  expect(files).toContain('switchyard.db')
  for (const file of files)
    expect(readFileSync(join(folder, file)).includes(tokens[0] ?? '')).toBe(false)
})

test('a token that ran out is renewed once for all calls, and nobody notices', async () => {
  const { hub, guarded } = await startSignedIn()
  await guarded.expireAccess()
  const before = guarded.grants.length
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => echo(hub, `${index}`)))
  expect(answers.map(({ text }) => text)).toEqual(answers.map((_, index) => `${index}`))
  expect(guarded.grants.slice(before)).toEqual(['refresh_token'])
})

test('while the authorization server is away nobody is asked to sign in, and it heals by itself', async () => {
  const { hub, guarded } = await startSignedIn()
  guarded.setDown(true)
  await guarded.expireAccess()
  expect(await failure(echo(hub))).toMatchObject({ code: 'unavailable' })
  expect((await state(hub, 'guarded'))?.state).not.toBe('signed_out')
  guarded.setDown(false)
  expect(await echo(hub)).toMatchObject({ text: 'hi' })
  expect(guarded.grants.at(-1)).toBe('refresh_token')
})

test.each([
  ['Bearer', undefined],
  ['DPoP', { dpop: true }], // Then a key has to be kept as well.
])('after a restart nobody is asked again: %s', async (scheme, oauth) => {
  const { hub, guarded } = await startSignedIn(oauth)
  const { dataDir } = hub.hub
  await hub.hub.stop()
  const again = await startHub({ data: dataDir, logLevel: 'silent' })
  await ready(again, 'guarded')
  expect(await echo(again)).toMatchObject({ text: 'hi' })
  expect(guarded.grants).toEqual(['authorization_code'])
  expect([...guarded.seen].filter(Boolean).every((header) => header.startsWith(scheme))).toBe(true)
})

test('an access that was taken back is said, its tools stay listed, and a new sign-in heals it', async () => {
  const { hub, guarded } = await startSignedIn()
  await guarded.revokeAll()
  expect(await failure(echo(hub))).toMatchObject({
    code: 'denied',
    message: expect.stringMatching(/^guarded needs a sign-in: .*server_login/),
    details: { server: 'guarded', signIn: true },
  })
  expect(await state(hub, 'guarded')).toMatchObject({ state: 'signed_out', tools: 4 })
  await open(hub)
  await ready(hub, 'guarded')
  expect(await echo(hub)).toMatchObject({ text: 'hi' })
})

test.each(['auto', 'legacy'] as const)(
  'a client that shows links is asked for the sign-in in the middle of its call: %s',
  async (mode) => {
    const { hub, guarded } = await startSignedIn()
    await guarded.revokeAll()
    const asked: unknown[] = []
    const client = await connect(hub, mode, async ({ url = '', ...about }) => {
      asked.push(about)
      if (asked.length === 1) return { action: 'decline' }
      void visit(url, `${hub.url}/oauth/callback`).then((address) => fetch(address))
      return { action: 'accept' }
    })
    const call = () => client.callTool({ name: 'guarded_echo', arguments: { text: 'hi' } })
    expect(await call()).toMatchObject({ isError: true })
    expect(await call()).toMatchObject({ structuredContent: { text: 'hi' } })
    expect(asked[1]).toMatchObject({
      mode: 'url',
      message: expect.stringContaining('guarded needs a sign-in'),
    })
    await ready(hub, 'guarded')
  },
)

test('who may not sign the hub in is told, and not asked', async () => {
  const { hub, guarded } = await startSignedIn()
  await guarded.revokeAll()
  const { token } = await hub.call<{ token: string }>('token_create', {
    name: 'dev',
    role: 'developer',
  })
  const client = await connect({ ...hub, token }, 'auto', async () => {
    throw new Error('it was asked')
  })
  const answer = await client.callTool({ name: 'guarded_echo', arguments: { text: 'hi' } })
  expect(answer).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining('guarded needs a sign-in') }],
  })
})

test('a browser is believed once, and only where its link was ours', async () => {
  const guarded = await startProtected((await startHttp('v2')).url)
  const hub = await startWith({ guarded: { url: guarded.url } })
  await signedOut(hub)
  const { link = '' } = await login(hub)
  const forged = await fetch(`${hub.url}/oauth/callback?code=x&state=${'A'.repeat(43)}`)
  expect(forged.status).toBe(404)
  const address = await visit(link, `${hub.url}/oauth/callback`)
  expect((await fetch(address)).status).toBe(200)
  expect((await fetch(address)).status).toBe(404)

  const { link: second = '' } = await login(hub)
  const given = new URL(second).searchParams.get('state') ?? ''
  const evil = encodeURIComponent('<script>alert(1)</script>')
  const refused = await fetch(
    `${hub.url}/oauth/callback?error=${evil}&error_description=${evil}&state=${given}`,
  )
  expect(refused.status).toBe(403)
  expect(await refused.text()).not.toContain('script')
})

test('where the browser cannot reach the hub, the address it ended at is pasted', async () => {
  const guarded = await startProtected((await startHttp('v2')).url)
  const hub = await startWith({ guarded: { url: guarded.url } })
  await signedOut(hub)
  const { link = '' } = await login(hub)
  const answer = await visit(link, `${hub.url}/oauth/callback`)
  expect(await failure(login(hub, { answer: 'nothing' }))).toMatchObject({ code: 'invalid' })
  expect(await login(hub, { answer })).toEqual({ state: 'signed_in' })
  await ready(hub, 'guarded')
})

test('a name that is given another address brings no token there', async () => {
  const { hub } = await startSignedIn()
  const other = await startProtected((await startHttp('v2')).url)
  write(hub, { guarded: { url: other.url } })
  await until(() => other.seen.size > 0)
  await signedOut(hub)
  expect([...other.seen]).toEqual([''])
})

test('signing out forgets the tokens; who is no owner may do neither', async () => {
  const { hub } = await startSignedIn()
  const developer = await hub.as('dev', 'developer')
  expect(await failure(developer.call('server_login', { server: 'guarded' }))).toMatchObject({
    code: 'denied',
  })
  await hub.call('server_logout', { server: 'guarded' })
  await signedOut(hub)
  expect(await failure(echo(hub))).toMatchObject({ details: { signIn: true } })
})

test('a server of the time before Streamable HTTP is signed in to as well', async () => {
  const old = await startEverything('sse', 'legacy')
  onTestFinished(() => old.stop())
  const guarded = await startProtected(old.url)
  const hub = await startWith({ guarded: { url: guarded.url, type: 'sse' } })
  await signedOut(hub)
  await open(hub)
  await ready(hub, 'guarded')
})

test.each(['Authorization', 'x-api-key'])(
  'a credential from the configuration is not replaced by a sign-in: %s',
  async (name) => {
    const guarded = await startProtected((await startHttp('v2')).url)
    const headers = { [name]: 'Bearer ${env:GUARD}' }
    const hub = await startWith(
      { guarded: { url: guarded.url, headers } },
      { GUARD: 'wrong-token' },
    )
    await until(async () => (await state(hub, 'guarded'))?.state === 'degraded')
    expect((await state(hub, 'guarded'))?.reason).toContain('401')
    expect(await failure(login(hub))).toMatchObject({ code: 'unsupported' })
    expect(await failure(hub.call('server_login', { server: 'nobody' }))).toMatchObject({
      code: 'not_found',
    })
  },
)
