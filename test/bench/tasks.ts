import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { HubClient } from '../../agent/hub-client.ts'
import type { Granted } from '../../agent/lease.ts'
import type { Event } from '../../schemas/event.ts'
import type { Task } from '../../schemas/task.ts'
import { migrate } from '../../servers/kit/migrate.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { cpuSeconds, median } from './load.ts'

/** From submit to the agent's process running, and to its first heartbeat. */
export async function benchStart(hub: ProcessHub): Promise<string[]> {
  const client = hub.client()
  const spawned: number[] = []
  const beating: number[] = []
  for (let round = 0; round < 15; round++) {
    const task = await client.call<Task>('task_submit', { template: 'command', command: 'true' })
    await client.call('task_wait', { task: task.id, wait_ms: 30_000 })
    const { items } = await client.call<{ items: Event[] }>('event_list', {
      after: 0,
      task: task.id,
      limit: 100,
    })
    const at = (kind: string) => items.find((event) => event.kind === kind)?.at ?? NaN
    spawned.push(at('pod.running') - at('task.queued'))
    beating.push(at('task.running') - at('task.queued'))
  }
  return [
    `submit → agent process running          p50 ${median(spawned).toFixed(0)} ms (budget 100)`,
    `submit → first heartbeat of the agent   p50 ${median(beating).toFixed(0)} ms, with the agent's own start`,
  ]
}

/** From submit to a claim's answer while many agents wait for work, and what that costs the hub. */
export async function benchPolling(hub: ProcessHub, agents = 200): Promise<string[]> {
  const client = hub.client()
  const submittedAt = new Map<string, number>()
  const tookMs: number[] = []
  const waiting = new AbortController()
  const poll = async (agent: string) => {
    for (let turn = 0; !waiting.signal.aborted; turn++) {
      // An agent holds one lease, and these are never given back.
      const claim = { agent: `${agent}-${turn}`, wait_ms: 50_000 }
      const { lease } = await client.call<{ lease?: Granted }>('task_claim', claim, {
        signal: waiting.signal,
      })
      if (lease) tookMs.push(performance.now() - (submittedAt.get(lease.task.title) ?? NaN))
    }
  }
  const polls = Array.from({ length: agents }, (_, at) =>
    poll(`worker-${at}`).catch((error: unknown) => {
      if (!waiting.signal.aborted) throw error
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const cpuBefore = cpuSeconds(hub.pid)
  const count = 200
  for (let made = 0; made < count; made++) {
    const title = `task ${made}`
    submittedAt.set(title, performance.now())
    await client.call('task_submit', { template: 'command', command: 'true', title })
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  while (tookMs.length < count) await new Promise((resolve) => setTimeout(resolve, 50))
  const cpuMs = ((cpuSeconds(hub.pid) - cpuBefore) * 1000) / count
  waiting.abort()
  await Promise.all(polls)
  const p99 = tookMs.toSorted((a, b) => a - b)[Math.floor(count * 0.99)] ?? NaN
  return [
    `submit → claimed, ${agents} agents waiting     p50 ${median(tookMs).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    `  → CPU of the hub for each task        ${cpuMs.toFixed(1)} ms`,
  ]
}

/** Claims at 1,000 and at a million stored tasks: same queue, same calls, other history. */
export async function benchClaims(root: string, stored: number[]): Promise<string[]> {
  const rates: number[] = []
  const lines: string[] = []
  for (const count of stored) {
    const data = join(root, `claims-${count}`)
    const first = new ProcessHub(data, ['--dispatch', 'off', '--log-level', 'silent'])
    await first.start()
    await first.stop()
    fill(join(data, 'switchyard.db'), count)
    const hub = new ProcessHub(data, ['--dispatch', 'off', '--log-level', 'silent'])
    await hub.start()
    const runs: number[] = []
    for (let round = 0; round < 3; round++)
      runs.push(await claimsPerSecond(hub.client(), `r${round}`))
    await hub.stop()
    rates.push(median(runs))
    lines.push(
      `claims at ${count.toLocaleString('en')} stored tasks`.padEnd(39) +
        ` ${median(runs).toFixed(0)}/s at 32 concurrent, each on disk before its answer`,
    )
  }
  lines.push(`  → ratio ${(rates.at(-1)! / rates[0]!).toFixed(2)} (budget: the same cost)`)
  return lines
}

async function claimsPerSecond(client: HubClient, run: string): Promise<number> {
  const count = 640
  for (let made = 0; made < count; made += 64) {
    await Promise.all(
      Array.from({ length: 64 }, () =>
        client.call('task_submit', { template: 'command', command: 'true' }),
      ),
    )
  }
  let next = 0
  const startedAt = performance.now()
  const lane = async () => {
    while (next < count) {
      const { lease } = await client.call<{ lease?: Granted }>('task_claim', {
        agent: `worker-${run}-${next++}`,
      })
      if (!lease) throw new Error('there was nothing to claim')
    }
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  return count / ((performance.now() - startedAt) / 1000)
}

/** Finished tasks with their attempts, as years of use would leave them. */
function fill(file: string, count: number): void {
  const db = new Database(file)
  migrate(db)
  db.pragma('synchronous = OFF')
  const task = db.prepare(
    `INSERT INTO tasks (id, org, title, template, params, state, priority, attempts, max_attempts, fence, resources, timeout_ms,
       request_digest, submitted_by, submitted_at, updated_at, finished_at)
     VALUES (?, 'default', 'an old task', 'command', '{"command":"true"}', ?, 0, 1, 1, 1, '{"cpus":1,"memoryMb":1024}', 3600000, 'x', 'owner', ?, ?, ?)`,
  )
  const attempt = db.prepare(
    `INSERT INTO attempts (id, task, number, fence, agent, state, lease_expires_at, started_at, ended_at)
     VALUES (?, ?, 1, 1, 'agent-old', 'succeeded', ?, ?, ?)`,
  )
  db.transaction(() => {
    for (let index = 0; index < count; index++) {
      const id = `task-0old${String(index).padStart(9, '0')}`
      task.run(id, index % 10 === 0 ? 'failed' : 'succeeded', index, index, index)
      attempt.run(`attempt-${id}`, id, index, index, index)
    }
  })()
  db.close()
}
