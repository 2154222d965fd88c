import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { attach } from '../../hub/cli/attach.ts'
import { everythingStdio } from '../helpers/everything.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub, until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'switchyard.js')
type Frame = { type: string; next?: number; event?: { kind: string; seq: number } }

function listen(url: string, token?: string) {
  const frames: Frame[] = []
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  socket.on('error', () => undefined) // Refusals are looked at by their status.
  onTestFinished(() => socket.terminate())
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame))
  const failed = new Promise<number>((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  return { frames, failed, closed }
}

test('a WebSocket gets every event once and resumes from its cursor', async () => {
  const hub = await startHub()
  const first = listen(`${hub.url}/v1/stream`, hub.token)
  await until(() => first.frames.some(({ type }) => type === 'ready'))
  await hub.call('task_submit', { template: 'command', command: 'true' })
  await until(() => first.frames.some(({ event }) => event?.kind.startsWith('task.') === true))
  const cursor = first.frames[0]?.next ?? 0
  const second = listen(`${hub.url}/v1/stream?after=${cursor}`, hub.token)
  await until(() => second.frames.some(({ type }) => type === 'ready'))
  const seen = (frames: Frame[]) => frames.flatMap(({ event }) => event?.seq ?? [])
  expect(seen(second.frames)).toEqual(seen(first.frames))
  await hub.hub.stop()
  expect(await first.closed).toBe(1001)
})

test('a WebSocket needs a credential, a good cursor and the right path', async () => {
  const hub = await startHub()
  expect(await listen(`${hub.url}/v1/stream`).failed).toBe(401)
  expect(await listen(`${hub.url}/nowhere`, hub.token).failed).toBe(404)
  const bad = listen(`${hub.url}/v1/stream?after=x`, hub.token)
  await until(() => bad.frames.some(({ type }) => type === 'error'))
})

test('a client on stdio outlives a restart of the hub that it joined', async () => {
  const data = makeFolder()
  const hub = new ProcessHub(data, ['--dispatch', 'off'])
  onTestFinished(() => void hub.stop())
  await hub.start()
  const client = new Client({ name: 'test', version: '1' })
  const args = [bin, 'stdio', '--data', data, '--log-level', 'error']
  await client.connect(new StdioClientTransport({ command: process.execPath, args }))
  onTestFinished(() => client.close())
  expect((await client.callTool({ name: 'whoami', arguments: {} })).isError).toBeUndefined()
  await hub.kill()
  const asked = client.callTool({ name: 'whoami', arguments: {} })
  await hub.start()
  expect((await asked).structuredContent).toMatchObject({ principal: { id: 'owner' } })
})

test('clients that start at the same moment share one hub', async () => {
  const args = [bin, 'stdio', '--data', makeFolder(), '--dispatch', 'off', '--log-level', 'error']
  const clients = [1, 2, 3].map(() => new Client({ name: 'test', version: '1' }))
  onTestFinished(async () => void (await Promise.all(clients.map((client) => client.close()))))
  await Promise.all(
    clients.map((client) =>
      client.connect(new StdioClientTransport({ command: process.execPath, args })),
    ),
  )
  await clients[0]!.callTool({
    name: 'task_submit',
    arguments: { template: 'command', command: 'true', title: 'Said once' },
  })
  for (const client of clients) {
    const { content } = await client.callTool({ name: 'task_list', arguments: {} })
    expect(JSON.stringify(content)).toContain('Said once')
  }
})

test('a call that came in on a pipe is answered before a draining hub lets go', async () => {
  const data = makeFolder()
  const mcpServers = { up: everythingStdio('both') }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ mcpServers }))
  const hub = new ProcessHub(data, ['--dispatch', 'off'])
  onTestFinished(() => void hub.stop())
  await hub.start()
  const client = new Client({ name: 'test', version: '1' })
  const args = [bin, 'stdio', '--data', data, '--log-level', 'error']
  await client.connect(new StdioClientTransport({ command: process.execPath, args }))
  onTestFinished(() => client.close())
  await until(async () =>
    (await client.listTools()).tools.some(({ name }) => name === 'up_probe_wait'),
  )
  const waiting = client.callTool({ name: 'up_probe_wait', arguments: { ms: 800, mark: 'x' } })
  await until(async () => {
    const { items } = await hub.client().call<{ items: { calls: number }[] }>('server_list')
    return items[0]?.calls === 1
  })
  const code = hub.stop()
  expect((await waiting).content).toEqual([{ type: 'text', text: 'waited' }])
  expect(await code).toBe(0)
})

test('on a pipe, too, a revoked credential is worth nothing, and a limit holds', async () => {
  const hub = await startHub({ rateLimit: 5 })
  const made = await hub.call<{ id: string; token: string }>('token_create', {
    name: 'vera',
    role: 'viewer',
  })
  const [input, output] = [new PassThrough(), new PassThrough()]
  const replies: { id: number; error?: { data?: { code?: string } } }[] = []
  createInterface({ input: output }).on('line', (line) =>
    replies.push(JSON.parse(line) as (typeof replies)[number]),
  )
  const done = attach(async () => ({ url: hub.url, token: made.token }), '/mcp', input, output)
  let id = 0
  const ask = async () => {
    const params = { name: 'whoami', arguments: {} }
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id: ++id, method: 'tools/call', params })}\n`)
    const wanted = id
    await until(() => replies.some((reply) => reply.id === wanted))
    return replies.find((reply) => reply.id === wanted)?.error?.data?.code
  }
  expect(await ask()).toBeUndefined()
  const codes = await Promise.all(Array.from({ length: 20 }, ask))
  expect(codes.filter((code) => code === 'exhausted').length).toBeGreaterThan(5)
  await hub.call('token_revoke', { id: made.id })
  expect(await ask()).toBe('unauthenticated')
  input.end()
  await done
})

test('streams end with the credential that opened them', async () => {
  const hub = await startHub()
  const made = await hub.call<{ id: string; token: string }>('token_create', {
    name: 'vera',
    role: 'viewer',
  })
  const authorization = `Bearer ${made.token}`
  const events = await fetch(`${hub.url}/events`, { headers: { authorization } })
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'subscriptions/listen',
    params: {
      notifications: { toolsListChanged: true },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  })
  const headers = {
    authorization,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'subscriptions/listen',
  }
  const heard = await fetch(`${hub.url}/mcp`, { method: 'POST', body, headers })
  const socket = listen(`${hub.url}/v1/stream`, made.token)
  await until(() => socket.frames.some(({ type }) => type === 'ready'))
  await hub.call('token_revoke', { id: made.id })
  await hub.call('task_submit', { template: 'command', command: 'true' }) // Something to be told.
  await expect(heard.text()).rejects.toThrow()
  expect(await socket.closed).toBe(1008)
  const told = await events.text().catch(() => 'cut off')
  expect(told).not.toContain('task.queued')
})
