import type { BudgetLine, Price } from '../../../schemas/budget.ts'
import { costOf, nanoOf, nanoUsd } from './prices.ts'
import type { Window } from './windows.ts'
import { linesOf } from './windows.ts'

/** What is asked of a model: tokens in, and the most that may come out. */
export type Wanted = {
  inputTokens: number
  outputTokens: number
  /** Undefined only where no window limits money. */
  price: Price | undefined
}

/** The answer to "may this call be made now?": yes, with so many tokens out; later; or no. */
export type Admission =
  | { kind: 'admit'; outputTokens: number; tokens: number; cost: number }
  | { kind: 'wait' }
  | { kind: 'spent'; line: BudgetLine }

/** An answer shorter than this is cut off too early to be of use. */
const leastOutputTokens = 256

/**
 * A call is made where the most it can come to fits beside what is spent and what other calls hold
 * back; its answer is kept as short as the room is. Where only the others are in the way, it waits.
 */
export function admit(windows: Window[], wanted: Wanted): Admission {
  const least = Math.min(wanted.outputTokens, leastOutputTokens)
  const room = roomIn(windows, wanted, true)
  if (room.outputTokens >= least) return admitted(wanted, room.outputTokens)
  const free = roomIn(windows, wanted, false)
  if (free.outputTokens >= least) return { kind: 'wait' }
  return free.line ? { kind: 'spent', line: free.line } : { kind: 'wait' }
}

/** Whether a window has no room for any call more; undefined where none is that far. */
export function spentLine(windows: Window[]): BudgetLine | undefined {
  return windows.flatMap(linesOf).find(({ limit, spent }) => spent >= limit)
}

function admitted(wanted: Wanted, room: number): Admission {
  const outputTokens = Math.min(wanted.outputTokens, room)
  const { inputTokens, price } = wanted
  const cost = price ? costOf(price, { inputTokens, outputTokens, cachedTokens: 0 }) : 0
  return { kind: 'admit', outputTokens, tokens: inputTokens + outputTokens, cost }
}

/** The most tokens out that every window has room for, and the window that has least. */
function roomIn(windows: Window[], { inputTokens, price }: Wanted, withReserved: boolean) {
  let least = { outputTokens: Infinity, line: undefined as BudgetLine | undefined }
  for (const line of windows.flatMap(linesOf)) {
    const left = line.limit - line.spent - (withReserved ? line.reserved : 0)
    const outputTokens = outputFor(line.unit, left, inputTokens, price)
    if (outputTokens < least.outputTokens) least = { outputTokens, line }
  }
  return least
}

function outputFor(
  unit: BudgetLine['unit'],
  left: number,
  inputTokens: number,
  price: Price | undefined,
): number {
  if (unit === 'steps') return left >= 1 ? Infinity : -1
  if (unit === 'tokens') return Math.floor(left - inputTokens)
  if (unit !== 'costUsd' || !price || isFree(price)) return Infinity
  // Sums of money are whole billionths; dividing them made fractions.
  const leftNano = Math.round(left * nanoUsd)
  const input = inputTokens * nanoOf(price.inputUsd)
  const perToken = nanoOf(price.outputUsd)
  if (perToken === 0) return leftNano >= input ? Infinity : -1
  return Math.floor((leftNano - input) / perToken)
}

const isFree = ({ inputUsd, outputUsd }: Price): boolean => inputUsd === 0 && outputUsd === 0
