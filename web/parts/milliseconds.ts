import { counted } from '../format.ts'

const units: [string, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
]

/** Whether a field of this name holds milliseconds. */
export const isDuration = (name: string): boolean => /(_ms|[a-z]Ms)$/.test(name)

/** A span of time as people say it, in its two largest units: `1 day 12 hours`. */
export function span(ms: number): string {
  const largest = units.findIndex(([, size]) => ms >= size)
  const parts: string[] = []
  let rest = Math.round(ms)
  for (const [unit, size] of largest < 0 ? [] : units.slice(largest, largest + 2)) {
    const amount = Math.floor(rest / size)
    rest -= amount * size
    if (amount > 0) parts.push(counted(amount, unit))
  }
  return parts.length === 0 ? 'no time' : parts.join(' ')
}
