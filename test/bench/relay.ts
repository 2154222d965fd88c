import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ProcessHub } from '../helpers/process-hub.ts'
import type { Upstream } from '../../schemas/upstream.ts'
import { callHeaders, callMeta } from './calls.ts'
import { drive, median, post } from './load.ts'

/** The hub's own CPU per relayed call; the upstream's is its own process and not counted. */
export async function benchRelay(hub: ProcessHub): Promise<string[]> {
  const client = hub.client()
  for (;;) {
    const { items } = await client.call<{ items: Upstream[] }>('server_list')
    if (items.length === 2 && items.every((upstream) => upstream.tools > 0)) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const lines: string[] = []
  for (const [name, budget] of [
    ['pipe_echo', 100],
    ['web_echo', 150],
  ] as const) {
    const params = { name, arguments: { text: 'hello' }, _meta: callMeta }
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })
    const headers = { ...callHeaders, 'mcp-name': name, authorization: `Bearer ${hub.token}` }
    const target = { name, url: `${hub.url}/mcp`, pid: hub.pid, headers, body }
    if (!(await post(target)).includes('hello'))
      throw new Error(`${name} does not answer as it should`)
    await drive(target, 32, 1500)
    const runs = [
      await drive(target, 32, 3000),
      await drive(target, 32, 3000),
      await drive(target, 32, 3000),
    ]
    const of = (field: 'cpuUs' | 'p50Ms' | 'p99Ms' | 'perSecond') =>
      median(runs.map((run) => run[field]))
    lines.push(
      `${name === 'pipe_echo' ? 'stdio' : 'HTTP'} upstream, 32 at a time`.padEnd(39) +
        ` ${of('cpuUs').toFixed(0)} µs CPU (budget ${budget})  p50 ${of('p50Ms').toFixed(2)} ms  p99 ${of('p99Ms').toFixed(2)} ms  ${of('perSecond').toFixed(0)}/s`,
    )
  }
  return lines
}

export async function startEcho(kind: 'http'): Promise<{ url: string; stop(): void }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'echo.ts'), kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening (\d+)$/.exec(line)?.[1]
    if (port) return { url: `http://127.0.0.1:${port}/mcp`, stop: () => void child.kill() }
  }
  throw new Error('the echo server did not start')
}
