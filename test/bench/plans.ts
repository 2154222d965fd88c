import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { carryOn } from '../../hub/controllers/plans.ts'
import type { ControllerContext } from '../../hub/controllers/context.ts'
import type { Granted } from '../../agent/lease.ts'
import type { Event } from '../../schemas/event.ts'
import type { Plan } from '../../schemas/plan.ts'
import { StoreCalls } from '../helpers/store-calls.ts'
import { median } from './load.ts'

const lanes = 16
/** Steps that are done of a plan: enough to tell what one costs. */
const sample = 500
const width = 5
/** Steps that depend on one another; a larger plan has more of these beside each other. */
const strand = 10

/**
 * What the hub does for each step of a plan, from the end of one to the next that is ready: on a real
 * store, each change on disk before its answer, with the plan controller and a worker that only claims
 * and reports. The same many steps are done of plans of any size.
 */
export async function benchPlans(root: string, sizes: number[]): Promise<string[]> {
  const costs: number[] = []
  const lines: string[] = []
  for (const size of sizes) {
    const data = join(root, `plans-${size}`)
    mkdirSync(data)
    const calls = new StoreCalls(data, join(data, 'switchyard.db'))
    const rounds = Math.max(1, Math.round(sample / size))
    const measured = []
    for (let round = 0; round < rounds; round++) measured.push(await runPlan(calls, size))
    await calls.store.close()
    const steps = measured.reduce((sum, { done }) => sum + done, 0)
    const scheduling = measured.flatMap(({ schedulingMs }) => schedulingMs)
    const cpuMs = measured.reduce((sum, run) => sum + run.cpuMs, 0) / steps
    costs.push(cpuMs)
    const made = median(measured.map(({ createMs }) => createMs))
    lines.push(
      `plan of ${size.toLocaleString('en')} steps`.padEnd(39) +
        ` ${cpuMs.toFixed(2)} ms of CPU a step, p50 ${median(scheduling).toFixed(1)} ms to the next on disk; made in ${made.toFixed(0)} ms`,
    )
  }
  lines.push(`  → ratio ${(costs.at(-1)! / costs[0]!).toFixed(2)} (budget: the same cost)`)
  return lines
}

/**
 * Strands of layers that each need the one before through a barrier, as phases of a feature do. Of the
 * same shape whatever the size: what a step costs depends on how many it needs and is handed.
 */
function layers(size: number): object[] {
  const steps: { name: string; needs: string[] }[] = []
  let before: string[] = []
  for (let at = 0; at < size; at += width) {
    if (at % strand === 0) before = []
    const layer = Array.from({ length: Math.min(width, size - at) }, (_, of) => `s${at + of}`)
    for (const name of layer)
      steps.push({ name, needs: before, ...{ template: 'command', command: 'true' } })
    before = [`after-${at}`]
    steps.push({ name: before[0]!, needs: layer, ...{ gate: { kind: 'barrier' } } })
  }
  return steps
}

async function runPlan(calls: StoreCalls, size: number) {
  const startedAt = performance.now()
  const { id } = await calls.call<Plan>('plan_create', { steps: layers(size), max_parallel: lanes })
  const createMs = performance.now() - startedAt
  const context = {
    store: calls.store,
    signal: new AbortController().signal,
    call: (tool: string, args: Record<string, unknown>) => calls.call(tool, args),
  } as unknown as ControllerContext // As much of it as carryOn uses.
  const schedulingMs: number[] = []
  let cpuMs = 0
  const schedule = async (cause: Event) => {
    const [began, before] = [performance.now(), process.cpuUsage()]
    await carryOn(context, cause)
    const { user, system } = process.cpuUsage(before)
    cpuMs += (user + system) / 1000
    schedulingMs.push(performance.now() - began)
  }
  await schedule(event('plan.running', id))
  let worker = 0
  const most = Math.min(size, sample)
  for (let done = 0; done < most; done++) {
    const { lease } = await calls.call<{ lease?: Granted }>('task_claim', {
      agent: `worker-${++worker}`,
    })
    if (!lease) throw new Error(`nothing to claim after ${done} of ${size} steps`)
    const { id: task, step } = lease.task
    const report = { outcome: 'succeeded', result: { summary: 'done' } }
    await calls.call('task_report', { task, fence: lease.fence, ...report })
    await schedule(event('task.succeeded', task, { plan: id, step }))
  }
  const { plan } = await calls.call<{ plan: Plan }>('plan_read', { plan: id, limit: 1 })
  const end = most === size ? 'succeeded' : 'running'
  if (plan.state !== end) throw new Error(`the plan is ${plan.state}`)
  return { createMs, schedulingMs, cpuMs, done: most }
}

const event = (kind: string, subject: string, data: Record<string, unknown> = {}): Event => ({
  seq: 0,
  at: 0,
  org: 'default',
  kind,
  subject,
  data,
})
