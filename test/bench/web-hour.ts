import { readdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import type { Granted } from '../../agent/lease.ts'
import type { Task } from '../../schemas/task.ts'
import type { ProcessHub } from '../helpers/process-hub.ts'
import { rssMb } from './load.ts'
import { heapMb } from './web-page.ts'

const eventsPerSecond = 10
const hourSeconds = 3600
/** Rounds that are under way at a time. */
const lanes = 4
/** A round is a plan of so many steps, and one task that is taken, worked on and ended. */
const steps = 26
const eventsPerRound = steps + 4
const settleMs = 3000

type Claimed = { lease: Granted }

/**
 * An hour of ten events a second as a stream, some twenty times as fast: plans whose steps are queued,
 * tasks that are taken, worked on and ended, and the log of one that goes on all the time. What is held is
 * measured before, in the middle and at the end, after what is garbage was collected.
 */
export async function benchHour(
  hub: ProcessHub,
  open: (hash: string) => Promise<Page>,
): Promise<string[]> {
  const client = hub.client()
  const long = await begin(hub, 'the long one', 'agent-of-the-long-one')
  const pages = { now: await open('now'), log: await open(`tasks/${long.task}?show=log`) }
  const held = async (when: string) => {
    const told = await Promise.all(
      Object.entries(pages).map(async ([name, page]) => `${name} ${await heldBy(page)}`),
    )
    const files = readdirSync(`/proc/${hub.pid}/fd`).length
    return `${when.padEnd(8)} ${told.join('; ')}; hub ${files} descriptors, ${rssMb(hub.pid).toFixed(0)} MB`
  }
  const rounds = (eventsPerSecond * hourSeconds) / eventsPerRound
  let [made, written] = [0, 0]
  let logged: Promise<unknown> = Promise.resolve()
  const lane = async (name: string, until: number) => {
    while (made < until) {
      const number = made++
      await client.call('plan_create', planOf(number))
      const { task, fence } = await begin(hub, `task ${number}`, `${name}-${number}`)
      const chunk = { stream: 'out', at: Date.now(), data: `line ${number} of an hour of work\n` }
      const log = { ...long, position: written++, chunks: [chunk] }
      await (logged = logged.then(() => client.call('task_log_append', log)))
      await client.call('task_report', { task, fence, ...endOf(number) })
    }
  }
  const stream = (until: number) =>
    Promise.all(Array.from({ length: lanes }, (_, at) => lane(`agent-${at}`, until)))
  const beat = setInterval(() => void client.call('task_heartbeat', long), 5000)
  try {
    // What is drawn for the first time, and what the browser compiles, is no leak.
    await stream(rounds / 20)
    const lines = [await held('start')]
    const startedAt = performance.now()
    await stream(rounds / 2)
    lines.push(await held('middle'))
    await stream(rounds)
    const seconds = (performance.now() - startedAt) / 1000
    lines.push(await held('end'))
    const times = (hourSeconds * 0.95) / seconds
    return [`an hour of ${eventsPerSecond} events/s, ${times.toFixed(0)} times as fast`, ...lines]
  } finally {
    clearInterval(beat)
    for (const page of Object.values(pages)) await page.context().browser()?.close()
  }
}

async function begin(hub: ProcessHub, title: string, agent: string) {
  const client = hub.client()
  const asked = { template: 'command', command: 'true', title, max_attempts: 1 }
  const { id: task } = await client.call<Task>('task_submit', asked)
  const { lease } = await client.call<Claimed>('task_claim', { agent, task })
  const held = { task, fence: lease.fence }
  await client.call('task_heartbeat', held)
  return held
}

const planOf = (number: number) => ({
  title: `plan ${number}`,
  steps: Array.from({ length: steps }, (_, at) => ({
    ...{ name: `s${at}`, template: 'command', command: 'true', title: `step ${number}.${at}` },
  })),
})

/** One in ten fails, and so is shown on Now. */
const endOf = (number: number): object =>
  number % 10 === 0
    ? { outcome: 'failed', failure: { code: 'exit', message: 'exit code 1' } }
    : { outcome: 'succeeded', result: { summary: 'done' } }

async function heldBy(page: Page): Promise<string> {
  await page.waitForTimeout(settleMs)
  const heap = await heapMb(page)
  const session = await page.context().newCDPSession(page)
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters')
  await session.detach()
  const shown = await page.evaluate(() => {
    const walker = document.createTreeWalker(document)
    let count = 1
    while (walker.nextNode()) count++
    return count
  })
  // What is held and not shown are templates; it is no leak while it stays the same.
  const told = `${nodes} nodes of which ${shown} are shown, ${jsEventListeners} listeners`
  return `${heap.toFixed(1)} MB, ${told}`
}
