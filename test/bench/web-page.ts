import type { Page } from 'playwright-core'

const lanes = 16

/** In the page: resolves when the text is drawn, and says when as `window.seenAt`. */
export function watchFor(text: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!document.body?.textContent?.includes(text)) return void requestAnimationFrame(look)
      // The frame that has it is drawn after this callback.
      requestAnimationFrame(() => {
        Object.assign(window, { seenAt: performance.now() })
        resolve()
      })
    }
    look()
  })
}

export type Frames = { news: { at: number; newest: number }[]; count: number; worstMs: number }

/** In the page: for so long, when a frame was drawn with a newer task `WORD N` than the one before. */
export async function newestInSight({
  word,
  forMs,
}: {
  word: string
  forMs: number
}): Promise<Frames> {
  const news: Frames['news'] = []
  const until = performance.now() + forMs
  let [count, worstMs, before] = [0, 0, performance.now()]
  while (performance.now() < until) {
    const at = await new Promise<number>((resolve) => requestAnimationFrame(resolve))
    count++
    worstMs = Math.max(worstMs, at - before)
    before = at
    const told = document.querySelector('sy-rows')?.textContent ?? ''
    const numbers = [...told.matchAll(new RegExp(`${word} (\\d+)`, 'g'))].map((found) =>
      Number(found[1]),
    )
    const newest = Math.max(-1, ...numbers)
    if (newest > (news.at(-1)?.newest ?? -1)) news.push({ at: Date.now(), newest })
  }
  return { news, count, worstMs }
}

/** Makes numbered things at a rate until it is stopped, `size` of them by each call. */
export class Flood {
  readonly #make: (numbers: number[]) => Promise<unknown>
  readonly #perSecond: number
  readonly #size: number
  readonly #startedAt = performance.now()
  readonly #ended: Promise<unknown>
  #made = 0
  #isOver = false

  constructor(make: (numbers: number[]) => Promise<unknown>, perSecond: number, size = 1) {
    this.#make = make
    this.#perSecond = perSecond
    this.#size = size
    this.#ended = Promise.all(Array.from({ length: lanes }, () => this.#lane()))
  }

  /** Resolves once there were that many. */
  async made(count: number): Promise<void> {
    while (this.#made < count) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#ended
  }

  async #lane(): Promise<void> {
    while (!this.#isOver) {
      if (this.#made >= this.#seconds() * this.#perSecond) {
        await new Promise((resolve) => setTimeout(resolve, 2))
        continue
      }
      const first = this.#made
      this.#made += this.#size
      await this.#make(Array.from({ length: this.#size }, (_, at) => first + at))
    }
  }

  readonly #seconds = (): number => (performance.now() - this.#startedAt) / 1000
}

export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN)
}

/** What the page holds, after its garbage is collected. */
export async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize / 1_048_576
}

/**
 * Begins to count what the page's main thread does, and returns what tells the seconds of CPU so far: time
 * in which other programs had the core is none of it.
 */
export async function countPageSeconds(page: Page): Promise<() => Promise<Map<string, number>>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const names = ['TaskDuration', 'ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    const wanted = metrics.filter(({ name }) => names.includes(name))
    return new Map(
      wanted.map(({ name, value }) => [name.replace('Duration', '').toLowerCase(), value]),
    )
  }
}

/** Scrolls what scrolls most for three seconds, and counts frames. */
export function framesWhileScrolling(page: Page): Promise<{ perSecond: number; worstMs: number }> {
  return page.evaluate(async () => {
    const scrollable = [...document.querySelectorAll('*')]
      .filter(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight + 100)
      .toSorted((a, b) => b.scrollHeight - a.scrollHeight)
    const target = scrollable[0] ?? document.documentElement
    const times: number[] = []
    const startedAt = performance.now()
    while (performance.now() - startedAt < 3000) {
      times.push(await new Promise<number>((resolve) => requestAnimationFrame(resolve)))
      target.scrollTop = (target.scrollTop + 40) % Math.max(1, target.scrollHeight)
    }
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time))
    return { perSecond: times.length / 3, worstMs: Math.max(...gaps) }
  })
}
