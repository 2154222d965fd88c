import { formatDate } from './date-format.ts'

/** What a formula works with. Dates are instants in local time; a duration keeps months apart from time. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Value[]
  | DateValue
  | Duration
  | LinkValue
  | FileValue
  | Pattern
  | ObjectValue
export type DateValue = { kind: 'date'; at: number; hasTime: boolean }
export type Duration = { kind: 'duration'; months: number; ms: number }
export type LinkValue = {
  kind: 'link'
  target: string
  display: string | undefined
  path: string | undefined
}
export type FileValue = { kind: 'file'; path: string }
export type Pattern = {
  kind: 'regex'
  test(text: string): boolean
  replace(text: string, by: string): string
  split(text: string): string[]
}
type ObjectValue = { kind: 'object'; entries: Record<string, Value> }

export type Kind =
  | 'null'
  | 'boolean'
  | 'number'
  | 'string'
  | 'list'
  | 'date'
  | 'duration'
  | 'link'
  | 'file'
  | 'regex'
  | 'object'

export const kindOf = (value: Value): Kind => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'object' ? value.kind : (typeof value as 'boolean' | 'number' | 'string') // All that is left.
}

export const isTruthy = (value: Value): boolean => {
  if (Array.isArray(value)) return value.length > 0
  if (value !== null && typeof value === 'object' && value.kind === 'object')
    return Object.keys(value.entries).length > 0
  return value !== null && value !== false && value !== 0 && value !== ''
}

export const isEmpty = (value: Value): boolean =>
  value === null ||
  value === '' ||
  (typeof value === 'object' &&
    kindOf(value) !== 'date' &&
    kindOf(value) !== 'regex' &&
    !isTruthy(value))

const dateForm =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** A date as properties and `date()` write it, or undefined. */
export function readDate(text: string): DateValue | undefined {
  const found = dateForm.exec(text.trim())
  if (!found) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const zone = found[8]
  const at = zone
    ? Date.parse(text.trim().replace(' ', 'T'))
    : new Date(
        year,
        month - 1,
        day,
        hour,
        minute,
        second,
        Number((found[7] ?? '0').padEnd(3, '0')),
      ).getTime()
  if (Number.isNaN(at) || month < 1 || month > 12 || day < 1 || day > 31) return undefined
  return { kind: 'date', at, hasTime: found[4] !== undefined }
}

const units: Record<string, { months: number; ms: number }> = {
  y: { months: 12, ms: 0 },
  year: { months: 12, ms: 0 },
  M: { months: 1, ms: 0 },
  month: { months: 1, ms: 0 },
  w: { months: 0, ms: 604_800_000 },
  week: { months: 0, ms: 604_800_000 },
  d: { months: 0, ms: 86_400_000 },
  day: { months: 0, ms: 86_400_000 },
  h: { months: 0, ms: 3_600_000 },
  hour: { months: 0, ms: 3_600_000 },
  m: { months: 0, ms: 60_000 },
  minute: { months: 0, ms: 60_000 },
  s: { months: 0, ms: 1000 },
  second: { months: 0, ms: 1000 },
  ms: { months: 0, ms: 1 },
  millisecond: { months: 0, ms: 1 },
}

/** `1d`, `2 weeks`, `1y 6M`: the words that Bases takes for spans of time. */
export function readDuration(text: string): Duration | undefined {
  const whole = /^\s*[+-]?(?:\s*\d+(?:\.\d+)?\s*[A-Za-z]+)+\s*$/.test(text)
  if (!whole) return undefined
  const sign = text.trim().startsWith('-') ? -1 : 1
  let [months, ms] = [0, 0]
  for (const [, count = '0', word = ''] of text.matchAll(/(\d+(?:\.\d+)?)\s*([A-Za-z]+)/g)) {
    const unit = units[word] ?? units[word.toLowerCase().replace(/s$/, '')]
    if (!unit) return undefined
    months += Number(count) * unit.months * sign
    ms += Number(count) * unit.ms * sign
  }
  return { kind: 'duration', months, ms }
}

export function addDuration(date: DateValue, { months, ms }: Duration, sign: 1 | -1): DateValue {
  const moved = new Date(date.at)
  if (months !== 0) {
    const day = moved.getDate()
    moved.setDate(1)
    moved.setMonth(moved.getMonth() + months * sign)
    const last = new Date(moved.getFullYear(), moved.getMonth() + 1, 0).getDate()
    moved.setDate(Math.min(day, last))
  }
  const days = Math.trunc(ms / 86_400_000)
  moved.setDate(moved.getDate() + days * sign) // Whole days keep the hour across daylight saving.
  return {
    kind: 'date',
    at: moved.getTime() + (ms - days * 86_400_000) * sign,
    hasTime: date.hasTime || ms % 86_400_000 !== 0,
  }
}

/** As text, the way a table shows it. */
export function show(value: Value): string {
  if (value === null) return ''
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return value.map(show).join(', ')
  switch (value.kind) {
    case 'date':
      return formatDate(new Date(value.at), value.hasTime ? 'YYYY-MM-DDTHH:mm:ss' : 'YYYY-MM-DD')
    case 'duration':
      return `${value.months ? `${value.months} months ` : ''}${value.ms} ms`
    case 'link':
      return `[[${value.target}${value.display === undefined ? '' : `|${value.display}`}]]`
    case 'file':
      return value.path
    case 'regex':
      return '/…/'
    case 'object':
      return JSON.stringify(plain(value))
  }
}

/** As JSON, for answers: dates and links as text, the rest as it is. */
export function plain(value: Value): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value !== null && typeof value === 'object' && value.kind === 'object') {
    return Object.fromEntries(
      Object.entries(value.entries).map(([key, inner]) => [key, plain(inner)]),
    )
  }
  return value !== null && typeof value === 'object' ? show(value) : value
}

export function isEqual(a: Value, b: Value): boolean {
  if (typeof a === 'string' && b !== null && typeof b === 'object' && !Array.isArray(b))
    return isEqual(b, a)
  if (a === null || b === null || typeof a !== 'object' || Array.isArray(a)) {
    if (Array.isArray(a) && Array.isArray(b))
      return a.length === b.length && a.every((item, index) => isEqual(item, b[index] ?? null))
    return a === b
  }
  if (a.kind === 'date') {
    const other = typeof b === 'string' ? readDate(b) : b
    return (
      typeof other === 'object' &&
      !Array.isArray(other) &&
      other.kind === 'date' &&
      other.at === a.at
    )
  }
  if (a.kind === 'link' || a.kind === 'file') {
    if (typeof b === 'string')
      return a.kind === 'link' ? a.target === b || show(a) === b : a.path === b
    return (
      typeof b === 'object' &&
      !Array.isArray(b) &&
      (b.kind === 'link' || b.kind === 'file') &&
      (a.path === undefined || b.path === undefined ? show(a) === show(b) : a.path === b.path)
    )
  }
  if (typeof b !== 'object' || Array.isArray(b)) return false
  if (a.kind === 'duration' && b.kind === 'duration') return a.months === b.months && a.ms === b.ms
  return show(a) === show(b)
}

/** Below, equal or above zero; undefined where the two have no order. */
export function compare(a: Value, b: Value): number | undefined {
  const [x, y] = [orderable(a, b), orderable(b, a)]
  if (typeof x === 'number' && typeof y === 'number') return x - y
  if (typeof x === 'string' && typeof y === 'string') return x < y ? -1 : x > y ? 1 : 0
  return undefined
}

function orderable(value: Value, other: Value): number | string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value)
  if (typeof value === 'string') {
    const isDated =
      other !== null && typeof other === 'object' && !Array.isArray(other) && other.kind === 'date'
    return isDated ? readDate(value)?.at : value
  }
  if (value === null || Array.isArray(value)) return undefined
  if (value.kind === 'date') return value.at
  if (value.kind === 'duration') return value.months * 2_629_746_000 + value.ms
  if (value.kind === 'link') return value.display ?? value.target
  return value.kind === 'file' ? value.path : undefined
}
