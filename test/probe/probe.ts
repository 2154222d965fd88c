import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProcessHub } from '../helpers/process-hub.ts'
import type { Column } from './columns.ts'
import { columns, nameOf, startUpstream } from './columns.ts'
import { rows } from './rows.ts'
import { openProbeClient } from './session.ts'

// `npm run probe`: what a client gets through the hub, row by row, for each pairing of client era and
// upstream era over each transport. The test suite runs the same rows.
const root = mkdtempSync(join(tmpdir(), 'switchyard-probe-'))
const table = new Map<string, string[]>(rows.map(({ name }) => [name, []]))
const problems: string[] = []
for (const column of columns) await tryColumn(column)
rmSync(root, { recursive: true, force: true })

console.log(`| client → upstream | ${columns.map(nameOf).join(' | ')} |`)
console.log(`|---|${columns.map(() => '---').join('|')}|`)
for (const [name, cells] of table) console.log(`| ${name} | ${cells.join(' | ')} |`)
for (const problem of problems) console.log(problem)
const count = [...table.values()].flat().length
console.log(`\n${count - problems.length} passed, ${problems.length} failed`)
process.exit(problems.length > 0 ? 1 : 0)

async function tryColumn(column: Column): Promise<void> {
  const data = mkdtempSync(join(root, 'hub-'))
  const hub = new ProcessHub(data, ['--dispatch', 'off', '--log-level', 'silent'])
  const upstream = await startUpstream(column, () => hub.client().call('up_probe_exit'))
  writeFileSync(
    join(data, 'switchyard.json'),
    JSON.stringify({ mcpServers: { up: upstream.config } }),
  )
  await hub.start()
  await ready(hub)
  for (const { name, holds } of rows) {
    const probe = await openProbeClient(hub, column.client)
    const outcome = await holds({ ...probe, restart: upstream.restart }).catch(String)
    await probe.client.close()
    table.get(name)?.push(outcome === true ? 'yes' : 'NO')
    if (outcome !== true) problems.push(`${nameOf(column)}: ${name}: ${String(outcome)}`)
  }
  await hub.stop()
  upstream.stop()
}

async function ready(hub: ProcessHub): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { items } = await hub.client().call<{ items: { state: string }[] }>('server_list')
    if (items[0]?.state === 'ready') return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('the upstream did not become ready')
}
