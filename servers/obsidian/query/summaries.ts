import { HubError } from '../../../schemas/errors.ts'
import type { Scope } from './evaluate.ts'
import { evaluate } from './evaluate.ts'
import { parseFormula } from './formula.ts'
import type { Value } from './values.ts'
import { isEmpty, isEqual, isTruthy, plain } from './values.ts'

const numeric: Record<string, (numbers: number[]) => number> = {
  Average: (numbers) => sum(numbers) / numbers.length,
  Min: (numbers) => numbers.reduce((least, value) => Math.min(least, value), Infinity),
  Max: (numbers) => numbers.reduce((most, value) => Math.max(most, value), -Infinity),
  Sum: sum,
  Range: (numbers) => (numeric.Max?.(numbers) ?? 0) - (numeric.Min?.(numbers) ?? 0),
  Median: (numbers) => {
    const sorted = numbers.toSorted((a, b) => a - b)
    const middle = sorted.length >> 1
    return sorted.length % 2 === 1
      ? (sorted[middle] ?? 0)
      : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  },
  Stddev: (numbers) => {
    const mean = sum(numbers) / numbers.length
    return Math.sqrt(sum(numbers.map((value) => (value - mean) ** 2)) / numbers.length)
  },
}

const counting: Record<string, (values: Value[]) => number> = {
  Checked: (values) => values.filter((value) => value === true).length,
  Unchecked: (values) => values.filter((value) => value === false).length,
  Empty: (values) => values.filter(isEmpty).length,
  Filled: (values) => values.filter((value) => !isEmpty(value)).length,
  Unique: (values) =>
    values.filter(
      (value, index) =>
        !isEmpty(value) && values.findIndex((other) => isEqual(other, value)) === index,
    ).length,
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, value) => total + value, 0)
}

/** What stands below the columns of a view: the presets of Bases, or formulas over `values`. */
export function summarize(
  asked: Record<string, string>,
  own: Record<string, string>,
  column: (name: string) => Value[],
  scope: Scope,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(asked).map(([name, kind]) => [
      name,
      plain(summary(kind, own, column(name), scope)),
    ]),
  )
}

function summary(kind: string, own: Record<string, string>, values: Value[], scope: Scope): Value {
  const formula = own[kind]
  if (formula !== undefined)
    return evaluate(parseFormula(formula), { ...scope, locals: { values } })
  const count = counting[kind]
  if (count) return count(values)
  const calculate = numeric[kind]
  if (calculate) {
    const numbers = values.flatMap((value) =>
      typeof value === 'number'
        ? value
        : value !== null &&
            typeof value === 'object' &&
            !Array.isArray(value) &&
            value.kind === 'date'
          ? value.at
          : [],
    )
    return numbers.length === 0 ? null : calculate(numbers)
  }
  if (kind === 'Earliest' || kind === 'Latest') {
    const dates = values.filter(
      (value) =>
        value !== null &&
        typeof value === 'object' &&
        !Array.isArray(value) &&
        value.kind === 'date' &&
        isTruthy(value),
    ) as Extract<Value, { kind: 'date' }>[] // Filtered so.
    return dates.toSorted((a, b) => (kind === 'Earliest' ? a.at - b.at : b.at - a.at))[0] ?? null
  }
  throw new HubError('unsupported', `the summary ${JSON.stringify(kind)} is not supported`, {
    details: { reason: 'unsupported_expression', expression: kind },
  })
}
