import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { bundle } from '../../scripts/bundle.ts'
import { codeRoot } from '../../servers/kit/code-root.ts'
import { launchBrowser } from '../helpers/browser.ts'
import { ProcessHub } from '../helpers/process-hub.ts'
import { median } from './load.ts'
import { benchEvents } from './web-events.ts'
import { benchHour } from './web-hour.ts'
import { Flood, framesWhileScrolling, watchFor } from './web-page.ts'

// `npm run bench:web [-- SECTION …]`: the budgets of the dashboard, in a real browser on a real hub. Here it draws
// by software and shares the machine with hub and load, so its figures are upper bounds.
await bundle()
const tasksOnBoard = 10_000
const eventsPerSecond = 1000
/** For what a page loads after it is there. */
const settleMs = 1500
const chosen = process.argv.slice(2)
const root = mkdtempSync(join(tmpdir(), 'switchyard-bench-web-'))
const hub = new ProcessHub(join(root, 'hub'), ['--dispatch', 'off', '--rate-limit', '0'])
await hub.start()
const client = hub.client()
const submit = (title: string) =>
  client.call<{ id: string }>('task_submit', { template: 'command', command: 'true', title })
const sections: Record<string, [string, () => Promise<string[]>]> = {
  size: ['What a browser loads', size],
  paint: ['The first page', paint],
  events: ['From an event to the screen', events],
  memory: ['Memory of the page', memory],
  board: [`A board of ${tasksOnBoard} tasks`, board],
}
console.log(
  `Node ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(2)}\n`,
)
try {
  for (const [key, [title, measure]] of Object.entries(sections))
    if (chosen.length === 0 || chosen.includes(key))
      console.log(`${title}\n${(await measure()).join('\n')}\n`)
} finally {
  await hub.stop()
  rmSync(root, { recursive: true, force: true })
}
process.exit(0)

/** A browser for each: the one that tests use ends with its first context. */
async function opened(hash: string): Promise<Page> {
  const browser = await launchBrowser()
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const { url } = await client.call<{ url: string }>('login_link', {})
  await page.goto(url)
  await page.waitForSelector('nav')
  await page.goto(`${hub.url}/#/${hash}`)
  await page.getByText('live', { exact: true }).waitFor()
  await page.waitForTimeout(settleMs)
  return page
}

async function closed(page: Page): Promise<void> {
  await page.context().browser()?.close()
}

/** Sizes of the files as they are on disk, compressed: what a proxy sends, and what the budget means. */
async function size(): Promise<string[]> {
  const page = await opened('now')
  const loaded = async () => {
    const urls = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => name),
    )
    const files = [...new Set(urls)].filter((url) => /\/assets\/[^/]+\.(js|css)$/.test(url))
    const sizes = files.map((url) => {
      const file = join(codeRoot, 'web', 'dist', new URL(url).pathname)
      return gzipSync(readFileSync(file)).length
    })
    return sizes.reduce((sum, one) => sum + one, 0) / 1024
  }
  const first = await loaded()
  await page.evaluate(() => void (location.hash = '#/chat'))
  await page.waitForSelector('sy-page-chat textarea')
  await page.waitForTimeout(settleMs)
  const withChat = await loaded()
  await closed(page)
  return [
    `first load, gzip                        ${first.toFixed(1)} kB (budget 45)`,
    `chat, in addition                       ${(withChat - first).toFixed(1)} kB (budget 30)`,
  ]
}

async function paint(): Promise<string[]> {
  await submit('first of all')
  const paints: number[] = []
  const live: number[] = []
  for (let round = 0; round < 7; round++) {
    const page = await opened('tasks')
    await page.addInitScript(watchFor, 'first of all')
    await page.reload()
    await page.waitForFunction(() => 'seenAt' in window)
    const [paintAt, seenAt] = await page.evaluate(() => [
      performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
      (window as unknown as { seenAt: number }).seenAt,
    ])
    paints.push(paintAt ?? NaN)
    live.push(seenAt ?? NaN)
    await closed(page)
  }
  return [
    `first contentful paint                  p50 ${median(paints).toFixed(0)} ms`,
    `live data on the screen                 p50 ${median(live).toFixed(0)} ms`,
  ]
}

/** By single calls, as many as the hub takes beside a browser, and by calls that make many tasks each. */
async function events(): Promise<string[]> {
  const page = await opened('tasks')
  const lines = [
    ...(await benchEvents(hub, page, { word: 'single', size: 1, perSecond: eventsPerSecond })),
    ...(await benchEvents(hub, page, { word: 'step', size: 25, perSecond: eventsPerSecond })),
  ]
  await closed(page)
  return lines
}

function memory(): Promise<string[]> {
  return benchHour(hub, opened)
}

async function board(): Promise<string[]> {
  const load = new Flood(([number]) => submit(`load ${number}`), Infinity)
  await load.made(tasksOnBoard)
  await load.stop()
  const page = await opened('tasks?view=board')
  const { perSecond, worstMs } = await framesWhileScrolling(page)
  await closed(page)
  return [
    `while it scrolls                        ${perSecond.toFixed(0)} frames/s (budget 60), longest frame ${worstMs.toFixed(0)} ms`,
  ]
}
