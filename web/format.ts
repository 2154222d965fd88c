const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]
const relative = new Intl.RelativeTimeFormat('en', { style: 'short', numeric: 'auto' })

/** An instant as people say it, such as "3 min. ago". */
export function ago(at: number): string {
  const distance = at - Date.now()
  const [unit, size] = units.find(([, ms]) => Math.abs(distance) >= ms) ?? ['second', 1000]
  return relative.format(Math.round(distance / size), unit)
}

/** A span of time in the largest sensible unit. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`
  return size < 1_048_576 ? `${(size / 1024).toFixed(1)} kB` : `${(size / 1_048_576).toFixed(1)} MB`
}

export const words = (state: string): string => state.replaceAll('_', ' ')

const hours = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

/** The time of day of an instant, as the person's own settings have it. */
export const clock = (at: number): string => hours.format(at)
