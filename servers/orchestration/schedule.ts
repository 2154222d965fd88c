import { Cron } from 'croner'
import { HubError } from '../../schemas/errors.ts'
import { instantsOf, offsetAt, wallAt } from '../kit/zones.ts'

const marginMs = 3 * 3_600_000

/**
 * The first instant after `after` that a cron expression names by the clocks of a zone. A time that
 * clocks skip counts as the one that is late by what they skip; one that they show twice runs once, the
 * first time, unless the expression leaves the hour open: that goes on through both.
 */
export function nextRunAt(cron: string, zone: string, after: number): number {
  const next = matcher(cron)
  const isHourly = cron.trim().split(/\s+/)[1]?.startsWith('*') ?? false
  const wall = next(wallAt(zone, after))
  const [first] = instantsOf(zone, wall)
  // Away from a change of the clocks, wall time and instants go the same way.
  if (first > after && isSteady(zone, after) && isSteady(zone, first)) return first
  let best = Infinity
  for (let at = next(wallAt(zone, after) - marginMs); ; at = next(at)) {
    const instants = instantsOf(zone, at)
    for (const instant of isHourly ? instants : [instants[0]])
      if (instant > after) best = Math.min(best, instant)
    if (best !== Infinity && at > wallAt(zone, best) + marginMs) return best
  }
}

/** Refuses what is no expression of five fields, or names no time at all. */
export function assertCron(cron: string): void {
  matcher(cron)(Date.UTC(2026, 0, 1))
}

/** From one wall time to the next that matches. */
function matcher(cron: string): (wall: number) => number {
  const refuse = (why: string) =>
    new HubError('invalid', `${JSON.stringify(cron)} is no schedule: ${why}`, {
      hint: 'Five fields: minute, hour, day of the month, month, day of the week. "0 6 * * 1-5" is six o\'clock on working days.',
    })
  if (!/^[\d*,/a-z-]+( +[\d*,/a-z-]+){4}$/i.test(cron.trim()))
    throw refuse('it has not five fields of numbers, names, * , - and /')
  try {
    // Of UTC, in which wall times are written: what a zone makes of them is decided above.
    const job = new Cron(cron.trim(), { mode: '5-part', timezone: 'UTC', paused: true })
    return (wall) => {
      const next = job.nextRun(new Date(wall))
      if (next === null) throw refuse('there is no such day')
      return next.getTime()
    }
  } catch (error) {
    throw refuse(error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'unknown')
  }
}

const isSteady = (zone: string, instant: number): boolean => {
  const offset = offsetAt(zone, instant)
  return (
    offsetAt(zone, instant - marginMs) === offset && offsetAt(zone, instant + marginMs) === offset
  )
}
