import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { onTestFinished } from 'vitest'
import type { Upstream } from '../../schemas/upstream.ts'
import { makeFolder } from './folder.ts'
import type { TestHub } from './hub.ts'
import { startHub, until } from './hub.ts'

const fixture = (name: 'v1' | 'v2') =>
  join(import.meta.dirname, '..', 'fixtures', 'upstreams', `${name}.ts`)
export const stdio = (name: 'v1' | 'v2', env: Record<string, string> = {}) => ({
  command: process.execPath,
  args: [fixture(name), 'stdio'],
  env,
})

type HttpUpstream = {
  url: string
  child: ChildProcess
  /** Has it forget its sessions, as if it had been restarted. */
  forgetSessions(): Promise<void>
}

export async function startHttp(name: 'v1' | 'v2'): Promise<HttpUpstream> {
  const child = spawn(process.execPath, [fixture(name), 'http'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  const forgetSessions = async () => {
    const forgot = once(child.stdout.resume(), 'data')
    child.kill('SIGUSR2')
    await forgot
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening (\d+)$/.exec(line)?.[1]
    if (port) return { url: `http://127.0.0.1:${port}/mcp`, child, forgetSessions }
  }
  throw new Error('the fixture did not start')
}

export const write = (hub: TestHub, mcpServers: object) =>
  writeFileSync(join(hub.hub.dataDir, 'switchyard.json'), JSON.stringify({ mcpServers }))
export const states = async (hub: TestHub) =>
  (await hub.call<{ items: Upstream[] }>('server_list')).items
export const state = async (hub: TestHub, name: string) =>
  (await states(hub)).find((upstream) => upstream.name === name)
export const ready = (hub: TestHub, ...names: string[]) =>
  until(
    async () =>
      (await states(hub)).filter(
        ({ name, state: now, tools }) => names.includes(name) && now === 'ready' && tools > 0,
      ).length === names.length,
  )

export async function startWith(
  mcpServers: object,
  environment: Record<string, string> = {},
): Promise<TestHub> {
  const data = makeFolder()
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ mcpServers }))
  return startHub({ data, logLevel: 'silent' }, environment)
}

type Asked = { mode?: string | undefined; message: string; url?: string }

/** A client of either era; one that shows links where it is told how they are answered. */
export async function connect(
  hub: Pick<TestHub, 'url' | 'token'>,
  mode: 'auto' | 'legacy',
  onLink?: (asked: Asked) => Promise<{ action: 'accept' | 'decline' }>,
): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    {
      ...(mode === 'auto' ? { versionNegotiation: { mode } } : {}),
      ...(onLink ? { capabilities: { elicitation: { url: {} } } } : {}),
    },
  )
  if (onLink) client.setRequestHandler('elicitation/create', ({ params }) => onLink(params))
  const requestInit = { headers: { authorization: `Bearer ${hub.token}` } }
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${hub.url}/mcp`), { requestInit }),
  )
  onTestFinished(() => client.close())
  return client
}
