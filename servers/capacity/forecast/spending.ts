import type { BackTest } from './queue.ts'
import type { Range } from './statistics.ts'
import { isFilled, mean, pick, rangeOf, seededRandom } from './statistics.ts'

const hourMs = 3_600_000
const dayHours = 24
export const leastHours = 24
const leastBusyHours = 5
const patternHours = 7 * dayHours
const rounds = 200
const halfLifeHours = 24

export type BudgetEnd = {
  /** When it is spent, of those rounds in which it is; undefined where it lasts in nearly all. */
  endsAt: Range | undefined
  /** How likely it is spent before it begins anew, in percent. */
  spentPercent: number
}

/**
 * When what is left of a budget is spent, by drawing hours that were at random, hour after hour. With a
 * week of them an hour stands for the same hour of the day. `hours` end with the last whole one; the
 * first is that of the first call. Undefined where too little is known.
 */
export function budgetEnd(
  hours: number[],
  { left, now, until }: { left: number; now: number; until: number },
): BudgetEnd | undefined {
  if (hours.length < leastHours || hours.filter((spent) => spent > 0).length < leastBusyHours)
    return undefined
  const random = seededRandom(hours.length)
  const horizon = Math.max(1, Math.ceil((until - now) / hourMs))
  const alike = alikeHours(hours)
  const ends: number[] = []
  for (let round = 0; round < rounds; round++) {
    const after = hoursUntil(alike, left, horizon, random)
    if (after !== undefined) ends.push(now + after * hourMs)
  }
  return {
    endsAt: ends.length < rounds / 20 ? undefined : rangeOf(ends),
    spentPercent: Math.round((100 * ends.length) / rounds),
  }
}

function hoursUntil(
  alike: (ahead: number) => readonly number[],
  left: number,
  horizon: number,
  random: () => number,
): number | undefined {
  for (let hour = 1, rest = left; hour <= horizon; hour++) {
    const candidates = alike(hour)
    const spent = isFilled(candidates) ? pick(candidates, random) : 0
    if (spent >= rest) return hour - 1 + (spent === 0 ? 0 : rest / spent)
    rest -= spent
  }
  return undefined
}

/** The hours that stand for the one so many hours ahead: of the same time of the day, or all. */
function alikeHours(hours: number[]): (ahead: number) => readonly number[] {
  if (hours.length < patternHours) return () => hours
  const byTime = Array.from({ length: dayHours }, (_unused, ahead) =>
    hours.filter((_spent, at) => (hours.length - at + ahead - 1) % dayHours === 0),
  )
  return (ahead) => byTime[ahead % dayHours] ?? hours
}

/** What is spent in an hour lately: hours count half as much with each day that they are older. */
export function rateOf(hours: number[]): number {
  let [sum, weights] = [0, 0]
  for (const [at, spent] of hours.entries()) {
    const weight = 0.5 ** ((hours.length - 1 - at) / halfLifeHours)
    sum += weight * spent
    weights += weight
  }
  return weights === 0 ? 0 : sum / weights
}

/** How wrong the rate was for the day after, at the end of each of the last days. */
export function backTestSpending(hours: number[]): BackTest | undefined {
  const errors: number[] = []
  for (let at = hours.length - dayHours; at >= leastHours && errors.length < 20; at -= dayHours) {
    const came = hours.slice(at, at + dayHours).reduce((sum, spent) => sum + spent, 0)
    const said = rateOf(hours.slice(0, at)) * dayHours
    if (came > 0) errors.push(Math.abs(said - came) / came)
  }
  if (errors.length < 3) return undefined
  return {
    forecasts: errors.length,
    meanErrorPercent: Math.round(100 * mean(errors)),
    withinPercent: Math.round(
      (100 * errors.filter((error) => error <= 0.5).length) / errors.length,
    ),
  }
}
