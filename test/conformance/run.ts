import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Eras } from '../helpers/everything.ts'
import { everythingStdio, startEverything } from '../helpers/everything.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { openDoor } from './door.ts'
import { clientScenarios, skillScenarios } from './scenarios.ts'

// `npm run conformance`: the official suites against a hub in front of the fixture upstream, and against
// the hub as a client. Ends with `N passed, N failed`; a failure is a check that a revision requires.
type Outcome = { passed: number; failed: number; unscored: string[] }

const modules = join(import.meta.dirname, '..', '..', 'node_modules')
const suite = join(modules, '@modelcontextprotocol', 'conformance', 'dist', 'index.js')
const olderSuite = join(modules, 'conformance-legacy', 'dist', 'index.js')
const adapter = join(import.meta.dirname, 'client.ts')
const skillsOf = (name: string) => ({
  command: process.execPath,
  args: [join(import.meta.dirname, '..', 'fixtures', 'upstreams', 'skills.ts'), name],
})
const root = mkdtempSync(join(tmpdir(), 'switchyard-conformance-'))
const total: Outcome = { passed: 0, failed: 0, unscored: [] }

for (const [kind, eras] of [
  ['http', 'both'],
  ['http', 'modern'],
  ['stdio', 'both'],
] as const) {
  await withHub(kind, eras, async (url) => {
    for (const revision of ['2025-11-25', '2026-07-28']) {
      const args = [suite, 'server', '--url', url, '--requirements', revision]
      report(`server, ${revision}, ${kind} upstream of eras: ${eras}`, summaryOf(await run(args)))
    }
    if (kind === 'http' && eras === 'both') {
      const outcome = summaryOf(await run([olderSuite, 'server', '--url', url]))
      report('server, older suite 0.1.16', outcome)
    }
  })
}
// A modern client cannot be promised everything in front of an old server: the keys of questions are ours.
for (const kind of ['http', 'stdio', 'sse'] as const) {
  await withHub(kind, 'legacy', async (url) => {
    const args = [suite, 'server', '--url', url, '--requirements', '2025-11-25']
    report(`server, 2025-11-25, ${kind} upstream of the old era`, summaryOf(await run(args)))
  })
}
await withServers('skills', { a: skillsOf('brewing'), b: skillsOf('baking') }, 2, async (url) => {
  for (const scenario of skillScenarios) {
    const args = [suite, 'server', '--url', url, '--scenario', scenario, '--force']
    const text = await run([...args, '--spec-version', '2026-07-28'])
    const [, passed = '0', , failed = '1'] = /Passed: (\d+)\/(\d+), (\d+) failed/.exec(text) ?? []
    const unscored = failed === '0' ? [] : [scenario]
    report(`server, ${scenario}, two servers with skills`, {
      passed: Number(passed),
      failed: 0,
      unscored,
    })
  }
})
for (const { scenario, revision, required } of clientScenarios) {
  const command = `${process.execPath} ${adapter}`
  const args = [suite, 'client', '--command', command, '--scenario', scenario, '--force']
  const text = await run([...args, '--spec-version', revision, '--timeout', '60000'])
  const [, passed = '0', , failed = '1'] = /Passed: (\d+)\/(\d+), (\d+) failed/.exec(text) ?? []
  const unscored = required || failed === '0' ? [] : [scenario]
  const outcome = { passed: Number(passed), failed: required ? Number(failed) : 0, unscored }
  report(`client, ${revision}, ${scenario}`, outcome)
}
rmSync(root, { recursive: true, force: true })
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)

async function withHub(
  kind: 'http' | 'stdio' | 'sse',
  eras: Eras,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = kind === 'stdio' ? undefined : await startEverything(kind, eras)
  const upstream = server ? { url: server.url } : everythingStdio(eras)
  try {
    await withServers(`${kind}-${eras}`, { fixture: { ...upstream, prefix: '' } }, 1, use)
  } finally {
    server?.stop()
  }
}

async function withServers(
  name: string,
  mcpServers: object,
  count: number,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const data = join(root, name)
  mkdirSync(data)
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ mcpServers }))
  const door = await openDoor(() => ({ port: Number(new URL(hub.url).port), token: hub.token }))
  const names = `127.0.0.1:${door.port},localhost:${door.port}`
  const hub = new ProcessHub(data, ['--dispatch', 'off', '--allowed-hosts', names])
  await hub.start()
  try {
    await ready(hub, count)
    await use(`http://localhost:${door.port}/mcp`)
  } finally {
    door.close()
    await hub.stop()
  }
}

async function ready(hub: ProcessHub, count: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { items } = await hub.client().call<{ items: { state: string }[] }>('server_list')
    if (items.filter(({ state }) => state === 'ready').length === count) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the fixture did not become ready')
}

function run(args: string[]): Promise<string> {
  const options = { timeout: 300_000, maxBuffer: 64 * 1024 * 1024, cwd: root }
  return new Promise((resolve) => {
    // A failing check is an exit code of the suite; what counts is what it printed.
    execFile(process.execPath, args, options, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
}

/** The suite prints a line a scenario, then what it ran without scoring it. */
function summaryOf(text: string): Outcome {
  const from = text.indexOf('=== SUMMARY ===')
  if (from < 0) return { passed: 0, failed: 1, unscored: [`no summary: ${text.slice(-300)}`] }
  const [scored = '', rest = ''] = text.slice(from).split(/^Not scored for/m)
  const unscored = new Set([...rest.matchAll(/^\s+[✓✗] (\S+)/gm)].map(([, name]) => name))
  const outcome: Outcome = { passed: 0, failed: 0, unscored: [] }
  for (const [, name = '', passed, failed] of scored.matchAll(
    /^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed/gm,
  )) {
    outcome.passed += Number(passed)
    if (!unscored.has(name)) outcome.failed += Number(failed)
    else if (failed !== '0') outcome.unscored.push(name)
  }
  return outcome
}

function report(what: string, { passed, failed, unscored }: Outcome): void {
  total.passed += passed
  total.failed += failed
  const failing = unscored.length > 0 ? `; not scored and failing: ${unscored.join(', ')}` : ''
  console.log(
    `${failed === 0 ? 'ok  ' : 'FAIL'} ${what}: ${passed} passed, ${failed} failed${failing}`,
  )
}
