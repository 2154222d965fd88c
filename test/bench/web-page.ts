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

/** In the page: for so long, when a frame was drawn with a newer task `load N` than the one before. */
export async function newestInSight(forMs: number): Promise<{ at: number; newest: number }[]> {
  const frames: { at: number; newest: number }[] = []
  const until = performance.now() + forMs
  while (performance.now() < until) {
    await new Promise((resolve) => requestAnimationFrame(resolve))
    const numbers = [...(document.body.textContent ?? '').matchAll(/load (\d+)/g)].map((found) =>
      Number(found[1]),
    )
    const newest = Math.max(-1, ...numbers)
    if (newest > (frames.at(-1)?.newest ?? -1)) frames.push({ at: Date.now(), newest })
  }
  return frames
}

/** Submits tasks at a rate until it is stopped; each is an event. */
export class Flood {
  readonly #submit: (title: string) => Promise<unknown>
  readonly #perSecond: number
  readonly #startedAt = performance.now()
  readonly #ended: Promise<unknown>
  #made = 0
  #isOver = false

  constructor(submit: (title: string) => Promise<unknown>, perSecond: number) {
    this.#submit = submit
    this.#perSecond = perSecond
    this.#ended = Promise.all(Array.from({ length: lanes }, () => this.#lane()))
  }

  /** Resolves once there were that many. */
  async made(count: number): Promise<void> {
    while (this.#made < count) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  /** Resolves with how many a second there were. */
  async stop(): Promise<number> {
    this.#isOver = true
    await this.#ended
    return this.#made / this.#seconds()
  }

  async #lane(): Promise<void> {
    while (!this.#isOver) {
      if (this.#made < this.#seconds() * this.#perSecond) await this.#submit(`load ${this.#made++}`)
      else await new Promise((resolve) => setTimeout(resolve, 2))
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
