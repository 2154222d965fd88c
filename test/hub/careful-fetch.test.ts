import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { carefulFetch } from '../../hub/upstreams/sign-in/careful-fetch.ts'

test('a server on the internet cannot send the hub to this machine', async () => {
  const abroad = carefulFetch('https://mcp.example.com/mcp')
  for (const address of [
    'http://127.0.0.1:1/',
    'https://localhost/',
    'http://example.org/',
    'file:///etc/passwd',
  ])
    await expect(abroad(address)).rejects.toMatchObject({ code: 'denied' })
})

test('redirects are looked at one by one, credentials follow none, and nothing is endless', async () => {
  const server = createServer((request, response) => {
    const moved = { '/away': 'http://169.254.169.254/', '/near': '/end' }[request.url ?? '']
    if (moved !== undefined) return void response.writeHead(302, { location: moved }).end()
    if (request.url === '/round') return void response.writeHead(302, { location: '/round' }).end()
    response.end(request.url === '/huge' ? 'x'.repeat(2 ** 21) : 'here')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // It listens on TCP.
  const near = carefulFetch(origin)
  expect(await (await near(`${origin}/near`)).text()).toBe('here')
  await expect(near(`${origin}/away`)).rejects.toMatchObject({ code: 'denied' })
  expect((await near(`${origin}/round`)).status).toBe(302)
  expect((await near(`${origin}/near`, { method: 'POST', body: 'secret' })).status).toBe(302)
  await expect(near(`${origin}/huge`)).rejects.toMatchObject({ code: 'exhausted' })
})
