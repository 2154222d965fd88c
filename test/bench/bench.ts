import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildWeb } from '../../hub/cli/build-web.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { benchCalls } from './calls.ts'
import { benchRelay, startEcho } from './relay.ts'
import { median, rssMb } from './load.ts'
import { benchClaims, benchStart } from './tasks.ts'

// `npm run bench`: the budgets of the design, measured on this machine in one run. Ratios within a
// run mean more than figures across machines.
await buildWeb(() => undefined)
const root = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
console.log(
  `Node ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}\n`,
)
try {
  await section('Start and rest', startAndRest)
  await section('A tool call over HTTP, with auth, policy, metrics and audit', () =>
    withHub('calls', ['--dispatch', 'off'], benchCalls),
  )
  await section('A relayed call, the hub alone', () => withUpstreams())
  await section('Agents', () => withHub('agents', [], benchStart))
  await section('Claims', () => benchClaims(root, [1000, 1_000_000]))
} finally {
  rmSync(root, { recursive: true, force: true })
}
process.exit(0)

async function section(title: string, measure: () => Promise<string[]>): Promise<void> {
  console.log(`${title}\n${(await measure()).join('\n')}\n`)
}

async function withHub(
  name: string,
  args: string[],
  measure: (hub: ProcessHub) => Promise<string[]>,
): Promise<string[]> {
  const hub = new ProcessHub(join(root, name), ['--log-level', 'silent', ...args])
  await hub.start()
  try {
    return await measure(hub)
  } finally {
    await hub.stop()
  }
}

/** The same echo through the hub, from an upstream over each transport. */
async function withUpstreams(): Promise<string[]> {
  const data = join(root, 'upstreams')
  mkdirSync(data)
  const http = await startEcho('http')
  const script = join(import.meta.dirname, 'echo.ts')
  const mcpServers = {
    pipe: { command: process.execPath, args: [script, 'stdio'] },
    web: { url: http.url },
  }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ mcpServers }))
  try {
    return await withHub('upstreams', ['--dispatch', 'off'], benchRelay)
  } finally {
    http.stop()
  }
}

/** From spawning the process to the first answered tools/list, and memory when nothing happens. */
async function startAndRest(): Promise<string[]> {
  const first: number[] = []
  const list: number[] = []
  let idle = 0
  for (let round = 0; round < 10; round++) {
    const hub = new ProcessHub(join(root, 'start'), ['--log-level', 'silent'])
    const startedAt = performance.now()
    first.push(await hub.start())
    await hub.client().listTools()
    list.push(performance.now() - startedAt)
    if (round === 9) {
      await new Promise((resolve) => setTimeout(resolve, 5000))
      idle = rssMb(hub.pid)
    }
    await hub.stop()
  }
  return [
    `cold start → listening                  p50 ${median(first).toFixed(0)} ms`,
    `cold start → first tools/list answered  p50 ${median(list).toFixed(0)} ms (budget 300)`,
    `idle memory                             ${idle.toFixed(0)} MB resident (budget 120)`,
  ]
}
