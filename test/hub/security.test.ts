import { request } from 'node:http'
import { expect, test } from 'vitest'
import type { ErrorBody } from '../../schemas/errors.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub } from '../helpers/hub.ts'

type Answer = {
  status: number
  body: { error?: ErrorBody & { code: unknown } } & Record<string, unknown>
}

/** A request as an attacker would write it: any header, any number of times. */
function raw(
  hub: TestHub,
  options: {
    method?: string
    path?: string
    headers?: (string | [string, string])[]
    body?: string
  },
): Promise<Answer> {
  const { hostname, port } = new URL(hub.url)
  const headers = (options.headers ?? []).flat()
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method: options.method ?? 'POST',
        path: options.path ?? '/mcp',
        headers,
        setDefaultHeaders: false,
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {},
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(options.body)
  })
}

const rpc = (method: string, params: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
const whoami = rpc('tools/call', { name: 'whoami', arguments: {} })

function headers(hub: TestHub, ...more: [string, string][]): [string, string][] {
  const { host } = new URL(hub.url)
  return [
    ['Host', host],
    ['Authorization', `Bearer ${hub.token}`],
    ['Content-Type', 'application/json'],
    ['Connection', 'close'],
    ...more,
  ]
}

const withLength = (body: string): [string, string] => [
  'Content-Length',
  String(Buffer.byteLength(body)),
]

test('a call without or with a wrong credential is refused on every path, however it is spelled', async () => {
  const hub = await startHub()
  const host: [string, string] = ['Host', new URL(hub.url).host]
  for (const path of [
    '/mcp',
    '/mcp/radicle',
    '//mcp',
    '/MCP',
    '/metrics',
    '/events',
    '/tasks/x/log/stream',
    '/artifacts/x',
    '/%6dcp',
    '/assets/..%2f..%2fpackage.json',
  ]) {
    for (const method of ['GET', 'POST']) {
      expect(
        (await raw(hub, { method, path, headers: [host, ['Connection', 'close']] })).status,
        `${method} ${path}`,
      ).toBe(401)
    }
  }
  const wrong = await raw(hub, {
    headers: [
      host,
      ['Authorization', 'Bearer sy_wrongwrongwrongwrongwrong'],
      ['Connection', 'close'],
    ],
  })
  expect(wrong).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } })
})

test('a foreign Host or Origin is refused even with the right token', async () => {
  const hub = await startHub()
  const own = headers(hub, withLength(whoami))
  expect((await raw(hub, { headers: own, body: whoami })).status).toBe(200)
  const rebound = own.map(([name, value]): [string, string] =>
    name === 'Host' ? [name, 'evil.example:80'] : [name, value],
  )
  expect((await raw(hub, { headers: rebound, body: whoami })).status).toBe(403)
  expect(
    (await raw(hub, { headers: [...own, ['Origin', 'https://evil.example']], body: whoami }))
      .status,
  ).toBe(403)
  expect((await raw(hub, { headers: [...own, ['Origin', 'null']], body: whoami })).status).toBe(403)
})

test('doubled security headers are refused', async () => {
  const hub = await startHub()
  for (const [name, value] of [
    ['Authorization', `Bearer ${hub.token}`],
    ['Mcp-Session-Id', 'a'],
    ['Origin', hub.url],
  ] as const) {
    const twice = [
      ...headers(hub, withLength(whoami)).filter(([other]) => other !== name),
      [name, value],
      [name, value],
    ] as [string, string][]
    expect((await raw(hub, { headers: twice, body: whoami })).status, name).toBe(400)
  }
})

test('a 64 MiB body is refused before it is read, and the hub goes on', async () => {
  const hub = await startHub()
  const declared = await raw(hub, {
    headers: headers(hub, ['Content-Length', String(64 * 1024 * 1024)]),
  })
  expect(declared).toMatchObject({ status: 429, body: { error: { code: 'exhausted' } } })
  expect(await hub.call('whoami')).toMatchObject({ principal: { id: 'owner' } })
})

test('what is no JSON-RPC gets the code of the protocol', async () => {
  const hub = await startHub()
  const send = (body: string) => raw(hub, { headers: headers(hub, withLength(body)), body })
  expect((await send('{')).body.error?.code).toBe(-32700)
  expect((await send('[]')).body.error?.code).toBe(-32600)
  expect((await send('{"jsonrpc":"2.0","id":{},"method":"ping"}')).body.error?.code).toBe(-32600)
  expect((await send(rpc('no/such'))).body.error?.code).toBe(-32601)
  expect((await send(rpc('tools/call', { name: 'task_submitt' }))).body.error).toMatchObject({
    code: -32602,
    message: expect.stringMatching(/Did you mean task_submit/) as string,
  })
})

test('modern headers that differ from the body are refused', async () => {
  const hub = await startHub()
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const body = rpc('tools/call', { name: 'whoami', arguments: {}, _meta: meta })
  const good: [string, string][] = [
    ['MCP-Protocol-Version', '2026-07-28'],
    ['Mcp-Method', 'tools/call'],
    ['Mcp-Name', 'whoami'],
  ]
  const send = (mirror: [string, string][]) =>
    raw(hub, { headers: headers(hub, withLength(body), ...mirror), body })
  expect((await send(good)).status).toBe(200)
  expect(await send(good.slice(0, 2))).toMatchObject({
    status: 400,
    body: { error: { code: -32020 } },
  })
  expect(await send([...good.slice(0, 2), ['Mcp-Name', 'task_cancel']])).toMatchObject({
    status: 400,
    body: { error: { code: -32020 } },
  })
  const future = rpc('tools/list', {
    _meta: { ...meta, 'io.modelcontextprotocol/protocolVersion': '2030-01-01' },
  })
  const mirror: [string, string][] = [
    ['MCP-Protocol-Version', '2030-01-01'],
    ['Mcp-Method', 'tools/list'],
  ]
  const answer = await raw(hub, {
    headers: headers(hub, withLength(future), ...mirror),
    body: future,
  })
  expect(answer).toMatchObject({
    status: 400,
    body: { error: { code: -32022, data: { supported: ['2026-07-28'] } } },
  })
})

test('wrong types and unknown fields name the field and what would be right', async () => {
  const hub = await startHub()
  expect(await failure(hub.call('task_submit', { template: 'ci', repo: 7 }))).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/repo/) as string,
  })
  expect(
    await failure(hub.call('task_submit', { template: 'command', comand: 'x' })),
  ).toMatchObject({ message: expect.stringMatching(/did you mean command/) as string })
  expect(await failure(hub.call('task_submit', { template: 'ci' }))).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/needs a repository/) as string,
  })
})

test('a login link works once, and its cookie does not serve other sites', async () => {
  const hub = await startHub()
  const link = await hub.hub.loginLink()
  const first = await fetch(link)
  expect(first.status).toBe(200)
  const cookie = first.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
  expect((await fetch(link)).status).toBe(401)
  const session = cookie.split(';')[0] ?? ''
  const host = new URL(hub.url).host
  const bare: [string, string][] = [
    ['Host', host],
    ['Cookie', session],
    ['Connection', 'close'],
    withLength(whoami),
  ]
  expect((await raw(hub, { headers: bare, body: whoami })).status).toBe(401)
  expect((await raw(hub, { headers: [...bare, ['Origin', hub.url]], body: whoami })).status).toBe(
    200,
  )
})

test('no error shows a secret or a stack', async () => {
  const hub = await startHub()
  const body = await failure(hub.call('task_read', { task: hub.token.slice(0, 50) }))
  expect(JSON.stringify(body)).not.toMatch(/\.ts:\d+/)
})
