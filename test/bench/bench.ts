import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../../scripts/bundle.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { benchCalls, callHeaders, callMeta } from './calls.ts'
import { startServer } from './processes.ts'
import { benchRelay } from './relay.ts'
import { median, post, rssMb } from './load.ts'
import { benchPlans } from './plans.ts'
import { benchClaims, benchPolling, benchStart } from './tasks.ts'

// `npm run bench [-- SECTION …]`: the budgets of the design, measured on this machine in one run. Ratios within a
// run mean more than figures across machines.
await bundle() // It is what users run.
const sections: Record<string, [string, () => Promise<string[]>]> = {
  start: ['Start and rest', startAndRest],
  calls: [
    'A tool call over HTTP, with auth, policy, metrics and audit',
    () => withHub('calls', ['--dispatch', 'off'], benchCalls),
  ],
  relay: ['A relayed call, 32 at a time', withUpstreams],
  agents: ['Agents', () => withHub('agents', [], benchStart)],
  polling: [
    'Agents that wait for work',
    () => withHub('polling', ['--dispatch', 'off'], benchPolling),
  ],
  claims: ['Claims', () => benchClaims(root, [1000, 1_000_000])],
  plans: ['Plans', () => benchPlans(root, [10, 10_000])],
}
const listCall = {
  name: 'tools/list',
  pid: 0,
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/list',
    params: { _meta: callMeta },
  }),
}

const chosen = process.argv.slice(2)
const root = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
console.log(
  `Node ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}\n`,
)
try {
  for (const [key, [title, measure]] of Object.entries(sections)) {
    if (chosen.length === 0 || chosen.includes(key)) {
      console.log(`${title}\n${(await measure()).join('\n')}\n`)
    }
  }
} finally {
  rmSync(root, { recursive: true, force: true })
}
process.exit(0)

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
  const http = await startServer('echo.ts', 'http')
  const script = join(import.meta.dirname, 'echo.ts')
  const mcpServers = {
    pipe: { command: process.execPath, args: [script, 'stdio'] },
    web: { url: http.url },
  }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ mcpServers }))
  try {
    return await withHub('upstreams', ['--dispatch', 'off'], (hub) => benchRelay(hub, http.url))
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
    await post({
      ...listCall,
      url: `${hub.url}/mcp`,
      headers: { ...callHeaders, 'mcp-method': 'tools/list', authorization: `Bearer ${hub.token}` },
    })
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
