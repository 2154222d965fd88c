/** One thing that was looked at. Only an `error` keeps a hub from working rightly. */
export type Finding = {
  check: string
  level: 'ok' | 'warning' | 'error'
  message: string
  /** What to do about it. */
  hint?: string
}

export const fine = (check: string, message: string): Finding => ({ check, level: 'ok', message })

export const warning = (check: string, message: string, hint: string): Finding => ({
  check,
  level: 'warning',
  message,
  hint,
})

export const wrong = (check: string, message: string, hint: string): Finding => ({
  check,
  level: 'error',
  message,
  hint,
})

/** The first few of a list, and how many more there are. */
export const some = (names: Iterable<string>): string => {
  const all = [...names]
  const shown = all.slice(0, 3).join(', ')
  return all.length > 3 ? `${shown} and ${all.length - 3} more` : shown
}

/** 1 copy, 2 copies. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/** 12 B, 3.4 kB, 56 MB. */
export function inBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes, 0]
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`
}
