import type { Range } from './statistics.ts'
import { isFilled, mean, normal, pick, rangeOf, seededRandom } from './statistics.ts'

/** One attempt that ended: what it was, and when it came, began and ended. */
export type Sample = { template: string; submittedAt: number; startedAt: number; endedAt: number }

export type Queue = {
  /** The template of each task that waits. */
  waiting: string[]
  /** The template of each task that goes on. */
  running: string[]
  /** How many tasks go on at a time. */
  slots: number
}

export const leastSamples = 40
const leastOfTemplate = 8
const rounds = 200
const longestSimulated = 200

/**
 * How long until all that waits and goes on now has ended, if nothing more comes: tasks take as long as
 * earlier ones of their template did, drawn at random, and each slot takes the next task when it is free.
 * Each round draws from a resample of the history, so that a short history gives a wide range.
 * Undefined where too little has ended to say anything.
 */
export const drainMs = (history: Sample[], queue: Queue): Range | undefined =>
  simulated(history, queue, ({ drainedMs }) => drainedMs)

/** How long until a task that is submitted now begins, behind all that waits, by the same simulation. */
export const waitMs = (history: Sample[], queue: Queue): Range | undefined =>
  simulated(history, queue, ({ freeMs }) => freeMs)

/** When all is done, and when a slot is free that nobody waits for any more. */
type Drained = { drainedMs: number; freeMs: number }

function simulated(
  history: Sample[],
  queue: Queue,
  of: (drained: Drained) => number,
): Range | undefined {
  if (history.length < leastSamples) return undefined
  const random = seededRandom(history.length * 1009 + queue.waiting.length)
  return rangeOf(Array.from({ length: rounds }, () => of(drainOnce(history, queue, random))))
}

function drainOnce(history: Sample[], queue: Queue, random: () => number): Drained {
  const { waiting, running, slots } = queue
  const draw = resampled(history, random)
  const first = Array.from({ length: Math.max(1, slots) }, (_unused, at) => {
    const template = running[at]
    // What goes on now is at a random place in its time.
    return template === undefined ? 0 : draw(template) * random()
  })
  if (waiting.length > longestSimulated) return drainAtOnce(waiting, first, draw, random)
  const order = waiting.toSorted(() => random() - 0.5)
  for (const template of order) {
    const free = first.indexOf(Math.min(...first))
    first[free] = (first[free] ?? 0) + draw(template)
  }
  return { drainedMs: Math.max(...first), freeMs: Math.min(...first) }
}

/** A long queue by the sum of its work, which is close to normal: drawing each task would take too long. */
function drainAtOnce(
  waiting: string[],
  first: number[],
  draw: (template: string) => number,
  random: () => number,
): Drained {
  const drawn = Array.from({ length: longestSimulated }, () => {
    const template = isFilled(waiting) ? pick(waiting, random) : ''
    return draw(template)
  })
  const middle = mean(drawn)
  const spread = Math.sqrt(mean(drawn.map((value) => (value - middle) ** 2)))
  const work = waiting.length * middle + Math.sqrt(waiting.length) * spread * normal(random)
  const total = first.reduce((sum, value) => sum + value, 0) + Math.max(0, work)
  // The last task of each slot ends by half a task on average after the others, and the first before.
  const [even, apart] = [total / first.length, (middle / 2) * (1 - 1 / first.length)]
  return { drainedMs: even + apart, freeMs: Math.max(0, even - apart) }
}

/** Draws times of a template out of a resample of its history; of all, where it has too few. */
function resampled(history: Sample[], random: () => number): (template: string) => number {
  const pools = new Map<string, readonly number[]>()
  const poolOf = (template: string): readonly number[] => {
    const known = pools.get(template)
    if (known) return known
    const own = history.filter((sample) => sample.template === template)
    const times = (own.length >= leastOfTemplate ? own : history).map(
      ({ startedAt, endedAt }) => endedAt - startedAt,
    )
    const made = isFilled(times) ? times.map(() => pick(times, random)) : []
    pools.set(template, made)
    return made
  }
  return (template) => {
    const pool = poolOf(template)
    return isFilled(pool) ? pick(pool, random) : 0
  }
}

/** Most attempts that went on at the same time. */
export function mostAtOnce(history: Sample[]): number {
  const steps = history
    .flatMap(({ startedAt, endedAt }) => [
      { at: startedAt, by: 1 },
      { at: endedAt, by: -1 },
    ])
    .toSorted((a, b) => a.at - b.at || a.by - b.by)
  let [now, most] = [0, 0]
  for (const { by } of steps) most = Math.max(most, (now += by))
  return most
}

export type BackTest = {
  forecasts: number
  /** Mean of the errors, in percent of what came. */
  meanErrorPercent: number
  /** Share of what came that was within the range, in percent. */
  withinPercent: number
}

const leastForecasts = 5
const mostForecasts = 20

/**
 * How wrong such forecasts would have been: at each of the last ends of an attempt, of what waited then,
 * by what was known then. Undefined where a queue was seen too seldom.
 */
export function backTestQueue(history: Sample[]): BackTest | undefined {
  const oldestFirst = history.toSorted((a, b) => a.endedAt - b.endedAt)
  const results: { error: number; isWithin: boolean }[] = []
  const stride = Math.max(1, Math.floor((oldestFirst.length - leastSamples) / mostForecasts))
  for (let at = leastSamples; at < oldestFirst.length; at += stride) {
    const now = oldestFirst[at - 1]?.endedAt ?? 0
    const later = oldestFirst.slice(at)
    const waiting = later.filter((one) => one.submittedAt <= now && one.startedAt > now)
    const running = later.filter((one) => one.startedAt <= now)
    if (waiting.length === 0) continue
    const known = oldestFirst.slice(0, at)
    const templates = (samples: Sample[]) => samples.map(({ template }) => template)
    const range = drainMs(known, {
      waiting: templates(waiting),
      running: templates(running),
      slots: Math.max(mostAtOnce(known), running.length),
    })
    const came = Math.max(...[...waiting, ...running].map(({ endedAt }) => endedAt)) - now
    if (!range || came <= 0) continue
    results.push({
      error: Math.abs(range.middle - came) / came,
      isWithin: came >= range.low && came <= range.high,
    })
  }
  if (results.length < leastForecasts) return undefined
  return {
    forecasts: results.length,
    meanErrorPercent: Math.round(100 * mean(results.map(({ error }) => error))),
    withinPercent: Math.round(
      (100 * results.filter(({ isWithin }) => isWithin).length) / results.length,
    ),
  }
}
