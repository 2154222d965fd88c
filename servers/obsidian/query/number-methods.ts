import type { Value } from './values.ts'

/** Functions of a number. */
export function numberMethod(
  value: number,
  name: string,
  first: Value,
  refuse: () => Error,
): Value {
  const digits = Math.min(20, Math.max(0, typeof first === 'number' ? Math.trunc(first) : 0))
  if (name === 'abs') return Math.abs(value)
  if (name === 'ceil') return Math.ceil(value)
  if (name === 'floor') return Math.floor(value)
  if (name === 'round') return Number(`${Math.round(Number(`${value}e${digits}`))}e-${digits}`)
  if (name === 'toFixed') return value.toFixed(digits)
  throw refuse()
}
