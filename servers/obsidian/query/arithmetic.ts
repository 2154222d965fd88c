import { HubError } from '../../../schemas/errors.ts'
import type { Value } from './values.ts'
import { addDuration, readDate, readDuration, show } from './values.ts'

const maxTextChars = 1_000_000

/** `+ - * / %` over numbers, texts, lists, dates and spans of time. */
export function arithmetic(sign: string, a: Value, b: Value, refuse: () => HubError): Value {
  const dated = dateArithmetic(sign, a, b)
  if (dated !== undefined) return dated
  if (sign === '+' && (typeof a === 'string' || typeof b === 'string')) {
    const text = show(a) + show(b)
    if (text.length > maxTextChars)
      throw new HubError('exhausted', 'a text in the query grows too long')
    return text
  }
  if (sign === '+' && Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  if (a === null || b === null) return null
  const [x, y] = [typeof a === 'boolean' ? Number(a) : a, typeof b === 'boolean' ? Number(b) : b]
  if (typeof x !== 'number' || typeof y !== 'number') throw refuse()
  if (sign === '+') return x + y
  if (sign === '-') return x - y
  if (sign === '*') return x * y
  if (y === 0) return null
  return sign === '/' ? x / y : x % y
}

function dateArithmetic(sign: string, a: Value, b: Value): Value | undefined {
  if (sign !== '+' && sign !== '-') return undefined
  const date =
    a !== null && typeof a === 'object' && !Array.isArray(a) && a.kind === 'date' ? a : undefined
  if (!date) return undefined
  const span =
    typeof b === 'string'
      ? readDuration(b)
      : b !== null && typeof b === 'object' && !Array.isArray(b) && b.kind === 'duration'
        ? b
        : undefined
  if (span) return addDuration(date, span, sign === '+' ? 1 : -1)
  const other = typeof b === 'string' ? readDate(b) : b
  const isDate =
    other !== null && typeof other === 'object' && !Array.isArray(other) && other.kind === 'date'
  if (sign === '-' && isDate) return date.at - other.at
  if (typeof b === 'number')
    return { ...date, at: date.at + (sign === '+' ? b : -b), hasTime: true }
  return undefined
}
