import Database from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../servers/kit/clock.ts'
import { Store } from '../../../servers/kit/store.ts'
import { seededRandom } from '../../../servers/capacity/forecast/statistics.ts'
import { rateOffers } from '../../../servers/cluster/placement.ts'
import { Promised } from '../../../servers/cluster/promised.ts'
import { readOccupied } from '../../../servers/cluster/store/occupied.ts'
import type { Capacity } from '../../../schemas/cluster.ts'

const placements = 1000
const podsANode = 20
/** As many candidates in words as `placement_explain` shows, and as `pod_run` would name. */
const shown = { explain: 200, run: 20 }

/**
 * What one decision takes: pure, over nodes and what pods on them were promised, which is kept up to date
 * from one to the next; and with that read from a store, as a hub does for each. CPU time beside the time
 * that passed, since other programs run as well.
 */
export async function benchDecisions(): Promise<string[]> {
  const lines = [
    `placement: ${placements.toLocaleString('en')} decisions, ${podsANode} pods a node`,
    'nodes       pods  decision                     p50 ms  p99 ms   CPU p50  CPU p99',
  ]
  for (const count of [100, 1000, 5000]) {
    const nodes = nodesOf(count)
    lines.push(line(count, 'one in words for 20', decide(nodes, shown.run)))
    lines.push(line(count, 'explained for 200', decide(nodes, shown.explain)))
    lines.push(line(count, 'with loads from the store', await decideFromStore(nodes)))
  }
  return [...lines, '  → budget: p99 well under 10 ms at 5,000 nodes']
}

type Measured = { wallMs: number[]; cpuMs: number[] }

function decide(nodes: Capacity[], most: number): Measured {
  const random = seededRandom(nodes.length)
  const promised = new Promised()
  for (let pod = 0; pod < nodes.length * podsANode; pod++)
    promised.count('sim', `n${pod % nodes.length}`, shapeOf(random))
  const measured: Measured = { wallMs: [], cpuMs: [] }
  for (let n = 0; n < placements; n++) {
    const resources = shapeOf(random)
    measure(measured, () => {
      const [best] = rateOffers(
        { nodes, silent: [] },
        { promised, orgPods: n },
        { ...request, resources },
        most,
      )
      if (best?.node === undefined || !best.fits) throw new Error('there is room for all')
      promised.count('sim', best.node, resources)
    })
  }
  return measured
}

async function decideFromStore(nodes: Capacity[]): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-placement-'))
  const file = join(folder, 'switchyard.db')
  const store = new Store(file, systemClock.now, systemClock)
  try {
    fill(file, nodes.length)
    const measured: Measured = { wallMs: [], cpuMs: [] }
    for (let n = 0; n < placements / 5; n++) {
      const [at, cpu] = [performance.now(), process.cpuUsage()]
      const occupied = await readOccupied(store.reader, 'org-1', false)
      rateOffers(
        { nodes, silent: [] },
        occupied,
        { ...request, resources: { cpus: 1, memoryMb: 1024 } },
        shown.run,
      )
      note(measured, at, cpu)
    }
    return measured
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function fill(file: string, nodes: number): void {
  const db = new Database(file)
  const pod = db.prepare(
    `INSERT INTO pods (id, org, cluster, node, command, state, isolation, limits, resources, timeout_ms, created_at)
     VALUES (?, ?, 'sim', ?, '[]', 'running', 'container', '[]', '{"cpus":1,"memoryMb":1024}', 1, 1)`,
  )
  const load = db.prepare(`INSERT INTO node_loads (cluster, node, pods, milli_cpus, memory_mb)
     VALUES ('sim', ?, ?, ?, ?)`)
  db.transaction(() => {
    for (let n = 0; n < nodes * podsANode; n++)
      pod.run(`pod-${n}`, `org-${n % 10}`, `n${n % nodes}`)
    for (let n = 0; n < nodes; n++) load.run(`n${n}`, podsANode, podsANode * 1000, podsANode * 1024)
  })()
  db.close()
}

function measure(into: Measured, act: () => void): void {
  const [at, cpu] = [performance.now(), process.cpuUsage()]
  act()
  note(into, at, cpu)
}

function note(into: Measured, at: number, cpu: NodeJS.CpuUsage): void {
  into.wallMs.push(performance.now() - at)
  const { user, system } = process.cpuUsage(cpu)
  into.cpuMs.push((user + system) / 1000)
}

function line(nodes: number, name: string, { wallMs, cpuMs }: Measured): string {
  const at = (times: number[], share: number) =>
    (times.toSorted((a, b) => a - b)[Math.floor(share * times.length)] ?? NaN).toFixed(2)
  return [
    nodes.toLocaleString('en').padStart(5),
    (nodes * podsANode).toLocaleString('en').padStart(10),
    ` ${name.padEnd(26)}`,
    at(wallMs, 0.5).padStart(8),
    at(wallMs, 0.99).padStart(7),
    at(cpuMs, 0.5).padStart(9),
    at(cpuMs, 0.99).padStart(8),
  ].join(' ')
}

const request = { needs: {}, runners: ['loop'], org: 'org-1', limit: Infinity }
const sizes = [0.5, 1, 2, 4]
const shapeOf = (random: () => number) => {
  const cpus = sizes[Math.floor(random() * sizes.length)] ?? 1
  return { cpus, memoryMb: 1024 * cpus }
}

const nodesOf = (count: number): Capacity[] =>
  Array.from({ length: count }, (_unused, at) => ({
    node: `n${at}`,
    cluster: 'sim',
    tags: ['os:linux', 'arch:amd64'],
    health: 'ready',
    cpus: { total: 96, promised: 0, load: (at * 7) % 48, firm: true },
    memoryMb: { total: 393_216, available: 393_216 - ((at * 37) % 1000) * 100, promised: 0 },
    diskMb: { total: 0, available: 0 },
    gpus: [],
    pods: { live: 0, limit: 110 },
    isolation: 'container',
    at: 0,
  }))
