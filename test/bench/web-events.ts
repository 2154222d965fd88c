import type { Page } from 'playwright-core'
import type { Event } from '../../schemas/event.ts'
import type { ProcessHub } from '../helpers/process-hub.ts'
import { cpuSeconds } from './load.ts'
import { Flood, countPageSeconds, newestInSight, percentile } from './web-page.ts'

const forMs = 8000
const warmUpMs = 1000

/** One way to make events: by calls that make `size` tasks each, so as many events and a few of their own. */
type Load = { word: string; size: number; perSecond: number }

/**
 * From an event's own time, which is before its transaction is on disk, to the first frame of the list
 * that shows its task or a newer one, while events come at a rate.
 */
export async function benchEvents(hub: ProcessHub, page: Page, load: Load): Promise<string[]> {
  const { word, size, perSecond } = load
  const client = hub.client()
  const first = await lastSeq(hub)
  const flood = new Flood((numbers) => make(hub, word, numbers), perSecond, size)
  await new Promise((resolve) => setTimeout(resolve, warmUpMs))
  const pageSeconds = await countPageSeconds(page)
  const [hubBefore, pageBefore] = [cpuSeconds(hub.pid), await pageSeconds()]
  const measuredFrom = await lastSeq(hub)
  const { news, count, worstMs } = await page.evaluate(newestInSight, { word, forMs })
  const [hubCpu, pageAfter] = [cpuSeconds(hub.pid) - hubBefore, await pageSeconds()]
  const measured = (await lastSeq(hub)) - measuredFrom
  await flood.stop()
  const until = await lastSeq(hub)
  const tookMs: number[] = []
  for (let after = first; after < until;) {
    const read = { after, limit: 500 }
    const { items, next } = await client.call<{ items: Event[]; next: number }>('event_list', read)
    for (const { kind, at, data } of items) {
      const number = new RegExp(`^${word} (\\d+)$`).exec(String(data.title))?.[1]
      const frame = news.find(({ newest }) => newest >= Number(number))
      if (kind === 'task.queued' && frame && at >= (news[0]?.at ?? 0)) tookMs.push(frame.at - at)
    }
    after = next
  }
  const each = (seconds: number) => `${((seconds * 1e6) / measured).toFixed(0)} µs`
  const onPage = [...pageAfter].map(([name, until]) => {
    return `${name} ${each(until - (pageBefore.get(name) ?? 0))}`
  })
  return [
    `${(measured / (forMs / 1000)).toFixed(0)} events/s, ${size} tasks a call`.padEnd(39) +
      ` p50 ${percentile(tookMs, 0.5)} ms, p95 ${percentile(tookMs, 0.95)} ms of ${tookMs.length} (budget 100)`,
    `  → ${(count / (forMs / 1000)).toFixed(0)} frames/s, longest ${worstMs.toFixed(0)} ms; CPU for each event: hub ${each(hubCpu)}; page: ${onPage.join(', ')}`,
  ]
}

const lastSeq = async (hub: ProcessHub): Promise<number> =>
  (await hub.client().call<{ next: number }>('event_list', { limit: 1 })).next

function make(hub: ProcessHub, word: string, numbers: number[]): Promise<unknown> {
  const client = hub.client()
  const task = (number: number) => ({
    ...{ template: 'command', command: 'true', title: `${word} ${number}` },
  })
  const [first = 0, ...others] = numbers
  if (others.length === 0) return client.call('task_submit', task(first))
  const steps = numbers.map((number) => ({ name: `s${number}`, ...task(number) }))
  return client.call('plan_create', { title: `${word} from ${first}`, steps, max_parallel: 1000 })
}
