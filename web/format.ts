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

/** An instant to the second, in the person's own zone and form. */
export const exact = (at: number): string =>
  new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' })

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

/** Memory and disks, which are counted in MiB. */
export const gib = (mib: number): string =>
  mib < 1024 ? `${Math.round(mib)} MiB` : `${(mib / 1024).toFixed(mib < 102_400 ? 1 : 0)} GiB`

/** A number with the marks that people of this browser put between thousands. */
export const number = (value: number): string => value.toLocaleString()

/** How many there are of something: `1 note`, `2 notes`. */
export const counted = (amount: number, noun: string): string =>
  `${amount} ${noun}${amount === 1 ? '' : 's'}`

/** Money in US dollars; small sums keep two digits that say something. */
export const usd = (value: number): string =>
  value.toLocaleString([], {
    style: 'currency',
    currency: 'USD',
    ...(value !== 0 && value < 0.1 ? { maximumSignificantDigits: 2 } : {}),
  })

export const words = (state: string): string => state.replaceAll('_', ' ')

const hours = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

/** The time of day of an instant, as the person's own settings have it. */
export const clock = (at: number): string => hours.format(at)
