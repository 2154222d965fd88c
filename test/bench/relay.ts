import type { ProcessHub } from '../helpers/process-hub.ts'
import type { Upstream } from '../../schemas/upstream.ts'
import { callHeaders, callMeta } from './calls.ts'
import type { Measured, Target } from './load.ts'
import { drive, median, post, rssMb } from './load.ts'
import { startServer } from './processes.ts'

const rounds = 5
const roundMs = 3000
/** What the design allows: the hub's CPU a call over that of a bare Hono relay of the same run. */
const budgets = { stdio: 1.4, HTTP: 1.7 }
const memoryCalls = 10_000
const memoryBudgetMb = 110

/** The CPU of the hub alone for each relayed call, beside the least that a relay can cost. */
export async function benchRelay(hub: ProcessHub, httpEcho: string): Promise<string[]> {
  const client = hub.client()
  for (;;) {
    const { items } = await client.call<{ items: Upstream[] }>('server_list')
    if (items.length === 2 && items.every((upstream) => upstream.tools > 0)) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const lines = [await memory(hub)]
  for (const [kind, tool, args] of [
    ['stdio', 'pipe_echo', ['stdio']],
    ['HTTP', 'web_echo', ['http', httpEcho]],
  ] as const) {
    const floor = await startServer('floor-relay.ts', ...args)
    try {
      lines.push(...(await compare(kind, targetFor(hub, tool), floor)))
    } finally {
      floor.stop()
    }
  }
  return lines
}

async function compare(
  kind: 'stdio' | 'HTTP',
  ours: Target,
  bare: { url: string; pid: number },
): Promise<string[]> {
  const { authorization: _own, ...headers } = ours.headers
  const floor: Target = {
    ...ours,
    ...bare,
    name: 'bare Hono relay',
    headers,
    body: bodyFor('echo'),
  }
  const measured = new Map<Target, Measured[]>([
    [floor, []],
    [ours, []],
  ])
  for (const target of measured.keys()) {
    if (!(await post(target)).includes('hello'))
      throw new Error(`${target.name} does not answer as it should`)
    await drive(target, 32, 1500)
  }
  for (let round = 0; round < rounds; round++)
    for (const [target, runs] of measured) runs.push(await drive(target, 32, roundMs))
  const cpu = (target: Target) => median(measured.get(target)!.map((run) => run.cpuUs))
  const row = (target: Target) => {
    const of = (field: keyof Measured) => median(measured.get(target)!.map((run) => run[field]))
    return (
      `${kind} upstream, ${target.name}`.padEnd(38) +
      ` ${of('cpuUs').toFixed(0).padStart(5)} µs CPU  p50 ${of('p50Ms').toFixed(2)} ms  p99 ${of('p99Ms').toFixed(2)} ms  ${of('perSecond').toFixed(0)}/s`
    )
  }
  return [
    row(floor),
    row(ours),
    `  → ${(cpu(ours) / cpu(floor)).toFixed(2)} times the bare relay (budget ${budgets[kind]})`,
  ]
}

/** What the hub holds after its first calls. */
async function memory(hub: ProcessHub): Promise<string> {
  const target = targetFor(hub, 'pipe_echo')
  const lane = async () => {
    for (let call = 0; call < memoryCalls / 32; call++) await post(target)
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  return (
    `memory after ${memoryCalls} calls`.padEnd(38) +
    ` ${rssMb(hub.pid).toFixed(0)} MB resident (budget ${memoryBudgetMb})`
  )
}

const bodyFor = (name: string): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: { text: 'hello' }, _meta: callMeta },
  })

const targetFor = (hub: ProcessHub, name: string): Target => ({
  name: 'the hub',
  url: `${hub.url}/mcp`,
  pid: hub.pid,
  headers: { ...callHeaders, 'mcp-name': name, authorization: `Bearer ${hub.token}` },
  body: bodyFor(name),
})
