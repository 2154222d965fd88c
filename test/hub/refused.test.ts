import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { failure, until } from '../helpers/hub.ts'
import { ready, startHttp, startWith, state } from '../helpers/upstreams.ts'

type Refusal = { status: number; body: string }

/** A gateway before an upstream, which refuses calls of tools once it is told to. */
async function startGateway(): Promise<{ url: string; refuse(refusal: Refusal): void }> {
  const { url } = await startHttp('v2')
  let refusal: Refusal | undefined
  const server = createServer((request, response) => {
    const answer = async () => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      if (refusal && (refusal.status === 401 || body.includes('"tools/call"')))
        return response.writeHead(refusal.status).end(refusal.body)
      const headers = Object.entries(request.headers).flatMap(([name, value]) =>
        ['host', 'connection', 'content-length'].includes(name) ? [] : [[name, String(value)]],
      ) as [string, string][] // Pairs, as written.
      const there = await fetch(url, { method: request.method ?? 'GET', headers, body })
      const type = there.headers.get('content-type') ?? ''
      return response.writeHead(there.status, { 'content-type': type }).end(await there.text())
    }
    answer().catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // It listens on TCP.
  return { url: `http://127.0.0.1:${port}/mcp`, refuse: (told) => void (refusal = told) }
}

test.each([
  [{ error: 'denied', message: 'this key may only look' }, 'this key may only look'],
  [
    { error: { code: 'denied', message: 'not from here', hint: 'Join anew.' } },
    'not from here. Join anew.',
  ],
  [{ error: 'insufficient_rights' }, 'insufficient_rights'],
  ['<html><head><title>x</title></head><body>Go away</body></html>', 'Go away'],
])('a server that refuses one call is named, with what it said: %j', async (body, words) => {
  const { url, refuse } = await startGateway()
  const hub = await startWith({ up: { url } })
  await ready(hub, 'up')
  refuse({ status: 403, body: typeof body === 'string' ? body : JSON.stringify(body) })
  expect(await failure(hub.call('up_echo', { text: 'x' }))).toMatchObject({
    code: 'denied',
    message: `up refuses this hub: it answered 403: ${words}`,
    details: { server: 'up', status: 403 },
  })
  expect(await state(hub, 'up')).toMatchObject({ state: 'ready' })
})

test('a server that takes the credential no more is degraded, and both places say what it said', async () => {
  const { url, refuse } = await startGateway()
  const hub = await startWith({ up: { url, headers: { authorization: 'Bearer old' } } })
  await ready(hub, 'up')
  refuse({ status: 401, body: '{"error":"unauthenticated","message":"the key has expired"}' })
  const said = 'does not grant this hub access any more: it answered 401: the key has expired'
  expect(await failure(hub.call('up_echo', { text: 'x' }))).toMatchObject({
    code: 'denied',
    message: `up ${said}`,
  })
  expect(await state(hub, 'up')).toMatchObject({ state: 'degraded', reason: `it ${said}` })
})

test('any other refusal says its status and words, and not that there is no result', async () => {
  const { url, refuse } = await startGateway()
  const hub = await startWith({ up: { url } })
  await ready(hub, 'up')
  refuse({ status: 429, body: '{"error":{"code":"exhausted","message":"too many requests"}}' })
  expect(await failure(hub.call('up_echo', { text: 'x' }))).toMatchObject({
    code: 'unavailable',
    message: 'up: the upstream answered 429 too many requests',
  })
})

test.each([401, 403] as const)(
  'a server of the older transport that answers %d says so in its own words, too',
  async (status) => {
    const server = createServer((_request, response) =>
      response.writeHead(status).end('{"error":"denied","message":"not with this key"}'),
    ).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo // It listens on TCP.
    const url = `http://127.0.0.1:${port}/sse`
    const headers = { authorization: 'Bearer old' }
    const hub = await startWith({ old: { url, type: 'sse', headers } })
    const words = new RegExp(`it answered ${status}: not with this key$`)
    await until(async () => words.test((await state(hub, 'old'))?.reason ?? ''))
    expect((await state(hub, 'old'))?.reason).toMatch(/^it /)
  },
)
