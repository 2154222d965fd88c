import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, StreamableHTTPClientTransport as V2Http } from '@modelcontextprotocol/client'
import { StdioClientTransport as V2Stdio } from '@modelcontextprotocol/client/stdio'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeFolder } from '../helpers/folder.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub, until } from '../helpers/hub.ts'

const root = join(import.meta.dirname, '..', '..')
const info = { name: 'test', version: '1' }
const bearer = (hub: TestHub) => ({
  requestInit: { headers: { authorization: `Bearer ${hub.token}` } },
})
const submit = { name: 'task_submit', arguments: { template: 'command', command: 'true' } }

describe('over HTTP', () => {
  test.each(['auto', 'legacy'] as const)(
    'an SDK v2 client in mode %s lists and calls',
    async (mode) => {
      const hub = await startHub()
      const client = new Client(info, mode === 'auto' ? { versionNegotiation: { mode } } : {})
      await client.connect(new V2Http(new URL(`${hub.url}/mcp`), bearer(hub)))
      onTestFinished(() => client.close())
      expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('task_submit')
      const result = await client.callTool(submit)
      expect(result.structuredContent).toMatchObject({ state: 'queued', template: 'command' })
      const failed = await client.callTool({ name: 'task_read', arguments: { task: 'task-none' } })
      expect(failed).toMatchObject({
        isError: true,
        content: [{ text: expect.stringMatching(/^not_found: /) as string }],
      })
    },
  )

  test('an SDK 1.x client gets a session, uses it, and ends it', async () => {
    const hub = await startHub()
    const transport = new OldHttp(new URL(`${hub.url}/mcp`), bearer(hub))
    const client = new OldClient(info)
    await client.connect(transport)
    expect(transport.sessionId).toMatch(/^[0-9a-f-]{36}$/)
    expect(client.getServerVersion()?.name).toBe('switchyard')
    expect((await client.listTools()).tools.length).toBeGreaterThan(40)
    expect((await client.callTool(submit)).structuredContent).toMatchObject({ state: 'queued' })
    await client.ping()
    await transport.terminateSession()
    await client.close()
  })

  test('a canceled call of an old client stops waiting in the hub', async () => {
    const hub = await startHub()
    const client = new OldClient(info)
    await client.connect(new OldHttp(new URL(`${hub.url}/mcp`), bearer(hub)))
    onTestFinished(() => client.close())
    const stop = new AbortController()
    const call = client.callTool(
      { name: 'task_claim', arguments: { agent: 'worker-one', wait_ms: 50_000 } },
      undefined,
      { signal: stop.signal },
    )
    await until(async () => (await hub.call<{ items: unknown[] }>('agent_list')).items.length === 1)
    stop.abort()
    await expect(call).rejects.toThrow()
    expect((await client.callTool({ name: 'whoami', arguments: {} })).isError).toBeUndefined()
  })

  test('one server can be had by itself', async () => {
    const hub = await startHub()
    const client = new Client(info, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new V2Http(new URL(`${hub.url}/mcp/radicle`), bearer(hub)))
    onTestFinished(() => client.close())
    const names = (await client.listTools()).tools.map((tool) => tool.name)
    expect(names).toContain('change_read')
    expect(names).not.toContain('task_submit')
    await expect(client.callTool(submit)).rejects.toThrow(/not served/)
  })
})

describe('over stdio', () => {
  const args = (data: string) => ({
    command: process.execPath,
    args: [
      join(root, 'bin', 'switchyard.js'),
      'stdio',
      '--data',
      data,
      '--port',
      '0',
      '--log-level',
      'error',
    ],
  })

  test.each(['auto', 'legacy'] as const)(
    'an SDK v2 client in mode %s starts a hub of its own',
    async (mode) => {
      const client = new Client(info, mode === 'auto' ? { versionNegotiation: { mode } } : {})
      await client.connect(new V2Stdio({ ...args(makeFolder()), stderr: 'inherit' }))
      onTestFinished(() => client.close())
      expect((await client.callTool(submit)).structuredContent).toMatchObject({
        template: 'command',
      })
    },
  )

  test('a client attaches to the hub that already runs there', async () => {
    const data = makeFolder()
    const hub = await startHub({ data })
    const client = new OldClient(info)
    await client.connect(new OldStdio({ ...args(data), stderr: 'inherit' }))
    onTestFinished(() => client.close())
    const made = (await client.callTool(submit)).structuredContent as { id: string } // The tool's output.
    expect(await hub.call('task_read', { task: made.id })).toMatchObject({ task: { id: made.id } })
  })
})

describe('the MCP Inspector', () => {
  const run = promisify(execFile)
  const inspector = join(root, 'node_modules', '.bin', 'mcp-inspector')

  test.each(['modern', 'legacy'])('lists and calls in the %s era', async (era) => {
    const hub = await startHub()
    const common = [
      '--cli',
      `${hub.url}/mcp`,
      '--transport',
      'http',
      '--protocol-era',
      era,
      '--header',
      `Authorization: Bearer ${hub.token}`,
      '--format',
      'json',
    ]
    const env = { ...process.env, HOME: makeFolder() }
    const listed = await run(inspector, [...common, '--method', 'tools/list'], { env })
    expect(listed.stdout).toContain('task_submit')
    const called = await run(
      inspector,
      [...common, '--method', 'tools/call', '--tool-name', 'task_list', '--tool-arg', 'limit=3'],
      { env },
    )
    expect(called.stdout).toContain('None.')
  })
})
