import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import type { Task } from '../../schemas/task.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { History } from './history.ts'
import type { Stage } from './load.ts'
import { submitter, worker } from './load.ts'

// `npm run faults -- --kills 200 [--seed N]`: kills the hub at random moments under a load of
// submits, claims, logs and reports, then has an independent checker look at what clients were told.
const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } })
const kills = Number(values.kills ?? 20)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const leaseMs = 2000

const root = mkdtempSync(join(tmpdir(), 'switchyard-faults-'))
const data = join(root, 'data')
mkdirSync(data)
// The workers of this campaign do the load; pods are started for the other org alone.
writeFileSync(
  join(data, 'switchyard.json'),
  JSON.stringify({ orgs: { load: { maxPods: 0 }, pods: { maxPods: 2 } } }),
)
const hub = new ProcessHub(data, [
  '--lease-ms',
  String(leaseMs),
  '--max-pods',
  '2',
  '--log-level',
  'silent',
])
const random = mulberry32(seed)
console.log(`seed ${seed}, ${kills} kills, lease ${leaseMs} ms`)

const startedAt = performance.now()
await hub.start()
const history = new History(join(root, 'history.jsonl'))
const stage: Stage = { client: hub.client(0), history, random, winding: false, stopped: false }
const failures: unknown[] = []
const run = (work: Promise<void>) =>
  work.catch((error: unknown) => stage.stopped || failures.push(error))

const submitters = [1, 2, 3].map((n) =>
  run(
    submitter(stage, `load-${n}`, () => ({
      template: 'command',
      command: 'true',
      org: 'load',
      max_attempts: 3,
    })),
  ),
)
submitters.push(
  run(
    submitter(stage, 'pods', () => ({
      template: 'command',
      command: 'for i in 1 2 3; do echo $i; sleep 0.2; done',
      org: 'pods',
      title: 'a pod',
    })),
  ),
)
const workers = [1, 2, 3, 4, 5, 6].map((n) => run(worker(stage, `worker-${n}`, leaseMs)))

for (let kill = 1; kill <= kills && failures.length === 0; kill++) {
  // At times right after a start, while it reconciles; mostly under full load.
  await pause(random() < 0.15 ? random() * 60 : 100 + random() * 700)
  await hub.kill()
  if (random() < 0.1) await pause(random() * leaseMs * 1.2)
  await hub.start()
  if (kill % 20 === 0) console.log(`${kill} kills, ${JSON.stringify(history.counts)}`)
}
stage.winding = true
await Promise.all(submitters)
await cancelQueuedPods()
await drained()
stage.stopped = true
await Promise.all(workers)
await history.close()
await pause(1500) // The last pods' exits are recorded.

const pods = join(root, 'pods.txt')
writeFileSync(pods, readdirSync(join(data, 'pods')).join('\n'))
const checker = join(import.meta.dirname, 'checker.ts')
const { stdout } = await promisify(execFile)(
  process.execPath,
  [checker, join(root, 'history.jsonl'), hub.url, hub.token, pods],
  { maxBuffer: 1e8 },
)
const found = JSON.parse(stdout) as Record<string, string[]> & {
  acknowledged: number
  chain: { intact: boolean; rows: number }
} // The checker's one line.
const exit = await hub.stop()

const rows: [string, number][] = [
  ['acknowledged tasks lost', found.lost!.length],
  ['one key, two tasks', found.doubled!.length],
  ['acknowledged tasks never finished', found.unfinished!.length],
  ['final states changed', found.changedAfterEnd!.length],
  ['two live leases', found.twoLeases!.length],
  ['log gaps, losses, doubles', found.logGaps!.length],
  ['chain breaks', found.chain.intact ? 0 : 1],
  ['orphan processes', found.orphans!.length],
  ['client failures', failures.length],
  ['drain exit code', exit ?? -1],
]
console.log(
  `\n${kills} kills in ${Math.round((performance.now() - startedAt) / 1000)} s, ${found.acknowledged} acknowledged tasks, ${found.chain.rows} audit rows, ${JSON.stringify(history.counts)}`,
)
for (const [name, count] of rows) console.log(`${name.padEnd(36)} ${count}`)
const bad = rows.filter(([, count]) => count !== 0)
if (bad.length > 0) {
  console.log(JSON.stringify({ ...found, failures: failures.map(String) }, null, 1).slice(0, 6000))
  console.log(`kept for a look: ${root}`)
} else rmSync(root, { recursive: true, force: true })
process.exit(bad.length > 0 ? 1 : 0)

/** Pods take half a second each; what is still queued of them would only lengthen the run. */
async function cancelQueuedPods(): Promise<void> {
  const client = hub.client()
  for (;;) {
    const { items } = await client.call<{ items: Task[] }>('task_list', {
      state: 'queued',
      org: 'pods',
      limit: 200,
    })
    if (items.length <= 4) return
    for (const task of items.slice(4)) {
      // An agent may have it by now; then it simply runs.
      await client.call('task_cancel', { task: task.id })
    }
  }
}

async function drained(): Promise<void> {
  const deadline = performance.now() + 180_000
  const client = hub.client()
  for (const state of ['queued', 'leased', 'running']) {
    for (;;) {
      const { items } = await client.call<{ items: Task[] }>('task_list', { state, limit: 1 })
      if (items.length === 0) break
      if (performance.now() > deadline) return
      await pause(100)
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** A small seeded generator, so that a campaign can be repeated by its seed. */
function mulberry32(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
