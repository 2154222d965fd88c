/**
 * Wall clocks of time zones. A wall time is written as the epoch milliseconds at which a clock of UTC
 * would show it, so that it can be reckoned with.
 */

const formats = new Map<string, Intl.DateTimeFormat>()
const maxFormats = 100
const hourMs = 3_600_000

/** What a clock of the zone shows at an instant. */
export function wallAt(zone: string, instant: number): number {
  if (zone === 'UTC') return instant
  const parts = formatOf(zone).formatToParts(instant)
  const read = (type: Intl.DateTimeFormatPartTypes) =>
    Number(parts.find((part) => part.type === type)?.value)
  const second = Math.floor(instant / 1000) * 1000
  return (
    Date.UTC(
      read('year'),
      read('month') - 1,
      read('day'),
      read('hour'),
      read('minute'),
      read('second'),
    ) +
    (instant - second)
  )
}

/**
 * The instants at which clocks of the zone show a wall time, earliest first: two where they are set
 * back. Where they are set forward and none shows it, the one it is late by the skipped time, as
 * `compatible` of ECMAScript's Temporal has it.
 */
export function instantsOf(zone: string, wall: number): [number, ...number[]] {
  const before = offsetAt(zone, wall - 26 * hourMs)
  const after = offsetAt(zone, wall + 26 * hourMs)
  const shown = [...new Set([before, after])]
    .map((offset) => wall - offset)
    .filter((instant) => wallAt(zone, instant) === wall)
    .sort((a, b) => a - b)
  const [first, ...rest] = shown
  return first === undefined ? [wall - before] : [first, ...rest]
}

/** How far the zone's clocks are ahead of UTC. */
export const offsetAt = (zone: string, instant: number): number => wallAt(zone, instant) - instant

/** The day of the zone that an instant is in, such as 2026-03-29. */
export const dayAt = (zone: string, instant: number): string =>
  new Date(wallAt(zone, instant)).toISOString().slice(0, 10)

/** When the next day of the zone begins. */
export function nextDayAt(zone: string, instant: number): number {
  const wall = new Date(wallAt(zone, instant))
  return firstOf(zone, Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate() + 1))
}

/** When the next month of the zone begins. */
export function nextMonthAt(zone: string, instant: number): number {
  const wall = new Date(wallAt(zone, instant))
  return firstOf(zone, Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1))
}

const firstOf = (zone: string, wall: number): number => instantsOf(zone, wall)[0]

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  if (formats.size >= maxFormats) formats.clear()
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(zone, format)
  return format
}
