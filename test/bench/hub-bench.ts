import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '../../scripts/bundle.ts'
import { startServer } from './processes.ts'
import type { Front } from './fronts.ts'
import { openHttpFront, openStdioFront } from './fronts.ts'
import type { Contender, Running, Upstream } from './hubs.ts'
import { contenders, installOthers } from './hubs.ts'
import { cpuSeconds, median, rssMb } from './load.ts'

// `npm run bench:hub`: the same upstreams behind this hub and behind others, by the same client, in the
// same run. Ours has authentication, policy, audit and metrics on; the others have none of that.
type Measured = { p50Ms: number; p99Ms: number; perSecond: number; cpuUs: number }

await bundle() // It is what users run.
const root = mkdtempSync(join(tmpdir(), 'switchyard-hubs-'))
const echo = join(import.meta.dirname, 'echo.ts')
const stdio = { command: [process.execPath, echo, 'stdio'] }
const rounds = 3
const roundMs = 2500
console.log(
  `Node ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}`,
)
const all = contenders(installOthers(join(root, 'others')))
const http = await startServer('echo.ts', 'http')
try {
  await compare('stdio upstream', stdio, () => openStdioFront(stdio.command))
  await compare('HTTP upstream', { url: http.url }, () => openHttpFront(http.url))
  await compareLists()
} finally {
  http.stop()
  rmSync(root, { recursive: true, force: true })
}
process.exit(0)

async function compare(
  title: string,
  upstream: Upstream,
  direct: () => Promise<Front>,
): Promise<void> {
  console.log(
    `\n${title}\n${'hub'.padEnd(14)} cold ms  p50 c1  p99 c1  p50 c32  p99 c32   calls/s   CPU µs  MB`,
  )
  const front = await direct()
  const [one, many] = [await drive(front, 'echo', 1), await drive(front, 'echo', 32)]
  front.close()
  console.log(line('direct', NaN, one, many, NaN))
  const started: { contender: Contender; running: Running; front: Front; coldMs: number }[] = []
  for (const contender of all) {
    const start = await startCold(contender, upstream, `${title} ${contender.name}`)
    if (start) started.push({ contender, ...start })
    else console.log(`${contender.name.padEnd(14)} cannot stand before such an upstream`)
  }
  const results = new Map<string, { one: Measured[]; many: Measured[] }>()
  for (const { running, front: open } of started) await drive(open, running.tool, 32, running.pid)
  for (let round = 0; round < rounds; round++) {
    for (const { contender, running, front: open } of started) {
      const kept = results.get(contender.name) ?? { one: [], many: [] }
      kept.one.push(await drive(open, running.tool, 1, running.pid))
      kept.many.push(await drive(open, running.tool, 32, running.pid))
      results.set(contender.name, kept)
    }
  }
  for (const { contender, running, coldMs, front: open } of started) {
    const { one: alone = [], many: together = [] } = results.get(contender.name) ?? {}
    console.log(line(contender.name, coldMs, middle(alone), middle(together), rssMb(running.pid)))
    open.close()
    await running.stop()
  }
}

/** From spawning the process to a tools/list with the upstream's tool in it; the median of five starts. */
async function startCold(contender: Contender, upstream: Upstream, folder: string) {
  const times: number[] = []
  for (let start = 0; ; start++) {
    const startedAt = performance.now()
    const running = await contender.start(
      upstream,
      join(root, `${folder} ${start}`.replaceAll(' ', '-')),
    )
    if (!running) return undefined
    const front = await running.open()
    while (!(await front.request('tools/list', {})).includes('echo'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    times.push(performance.now() - startedAt)
    if (start === 4) return { running, front, coldMs: median(times) }
    front.close()
    await running.stop()
  }
}

async function compareLists(): Promise<void> {
  console.log('\ntools/list of 300 tools, one at a time')
  const command = [process.execPath, echo, 'stdio', '300']
  for (const contender of all) {
    const running = await contender.start({ command }, join(root, `list-${contender.name}`))
    if (!running) continue
    const front = await running.open('upstream') // Ours would add its own.
    while ((await front.request('tools/list', {})).split('"inputSchema"').length < 300)
      await new Promise((resolve) => setTimeout(resolve, 20))
    const measured = await drive(front, undefined, 1, running.pid)
    console.log(
      `${contender.name.padEnd(14)} p50 ${measured.p50Ms.toFixed(2)} ms  CPU ${measured.cpuUs.toFixed(0)} µs`,
    )
    front.close()
    await running.stop()
  }
}

async function drive(
  front: Front,
  tool: string | undefined,
  lanes: number,
  pid?: number,
): Promise<Measured> {
  const times: number[] = []
  const until = performance.now() + roundMs
  const cpuBefore = pid === undefined ? 0 : cpuSeconds(pid)
  const startedAt = performance.now()
  const lane = async () => {
    while (performance.now() < until) {
      const sentAt = performance.now()
      const reply = tool
        ? await front.request('tools/call', { name: tool, arguments: { text: 'hello' } })
        : await front.request('tools/list', {})
      if (tool && !reply.includes('hello')) throw new Error(`wrong answer: ${reply.slice(0, 300)}`)
      times.push(performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  const seconds = (performance.now() - startedAt) / 1000
  const cpu = pid === undefined ? NaN : cpuSeconds(pid) - cpuBefore
  times.sort((a, b) => a - b)
  const at = (part: number) => times[Math.floor(times.length * part)] ?? NaN
  return {
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    perSecond: times.length / seconds,
    cpuUs: (cpu / times.length) * 1e6,
  }
}

function middle(runs: Measured[]): Measured {
  return {
    p50Ms: median(runs.map((run) => run.p50Ms)),
    p99Ms: median(runs.map((run) => run.p99Ms)),
    perSecond: median(runs.map((run) => run.perSecond)),
    cpuUs: median(runs.map((run) => run.cpuUs)),
  }
}

function line(name: string, coldMs: number, one: Measured, many: Measured, mb: number): string {
  const cell = (value: number, width: number, digits: number) =>
    (Number.isNaN(value) ? '–' : value.toFixed(digits)).padStart(width)
  return [
    name.padEnd(14),
    cell(coldMs, 7, 0),
    cell(one.p50Ms, 7, 2),
    cell(one.p99Ms, 7, 2),
    cell(many.p50Ms, 8, 2),
    cell(many.p99Ms, 8, 2),
    cell(many.perSecond, 9, 0),
    cell(many.cpuUs, 8, 0),
    cell(mb, 4, 0),
  ].join(' ')
}
