import type { ProcessHub } from '../helpers/process-hub.ts'
import type { Measured, Target } from './load.ts'
import { drive, median, post } from './load.ts'
import { startServer } from './processes.ts'

export const callMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
}
const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'whoami', arguments: {}, _meta: callMeta },
})
export const callHeaders = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'whoami',
}

const rounds = 5
const roundMs = 3000

/** A tool call through the hub beside a raw Hono route and a tuned SDK server, in interleaved rounds. */
export async function benchCalls(hub: ProcessHub): Promise<string[]> {
  const [hono, sdk] = [await startServer('floor.ts', 'hono'), await startServer('floor.ts', 'sdk')]
  const targets: Target[] = [
    {
      name: 'raw Hono JSON route',
      url: hono.url,
      pid: hono.pid,
      headers: callHeaders,
      body,
    },
    {
      name: 'SDK v2 server, tuned',
      url: sdk.url,
      pid: sdk.pid,
      headers: callHeaders,
      body,
    },
    {
      name: 'hub, own tool',
      url: `${hub.url}/mcp`,
      pid: hub.pid,
      headers: { ...callHeaders, authorization: `Bearer ${hub.token}` },
      body,
    },
  ]
  try {
    for (const target of targets) {
      const reply = JSON.parse(await post(target)) as { result?: { structuredContent?: unknown } } // Each answers JSON-RPC.
      if (!reply.result?.structuredContent)
        throw new Error(`${target.name} does not answer as it should`)
      await drive(target, 32, 1500)
    }
    const lines: string[] = []
    for (const concurrency of [1, 32]) {
      const measured = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]))
      for (let round = 0; round < rounds; round++) {
        for (const target of targets)
          measured.get(target.name)?.push(await drive(target, concurrency, roundMs))
      }
      const floor = cpu(measured.get('raw Hono JSON route')!)
      const direct = cpu(measured.get('SDK v2 server, tuned')!)
      for (const [name, runs] of measured)
        lines.push(row(`${name}, ${concurrency} at a time`, runs, floor, direct))
      const added = cpu(measured.get('hub, own tool')!) - floor
      lines.push(
        `  → the hub adds ${added.toFixed(0)} µs CPU to a raw Hono route (budget 60)${concurrency === 1 ? ', sequential' : ''}`,
      )
    }
    return lines
  } finally {
    hono.stop()
    sdk.stop()
  }
}

const cpu = (runs: Measured[]) => median(runs.map((run) => run.cpuUs))

function row(name: string, runs: Measured[], floor: number, direct: number): string {
  const of = (field: keyof Measured) => median(runs.map((run) => run[field]))
  return `${name.padEnd(38)} ${of('cpuUs').toFixed(0).padStart(5)} µs CPU  ${(cpu(runs) / floor).toFixed(2)}× Hono  ${(cpu(runs) / direct).toFixed(2)}× SDK  p50 ${of('p50Ms').toFixed(2)} ms  p99 ${of('p99Ms').toFixed(2)} ms  ${of('perSecond').toFixed(0)}/s`
}
