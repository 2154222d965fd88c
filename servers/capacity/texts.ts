import { instantText, tableText } from '../kit/table.ts'
import type { BudgetState } from './budgets.ts'
import type { Forecast } from './forecast.ts'

/** What a model reads of a budget: whose it is, what is spent, then a line for each limit. */
export function budgetText(state: BudgetState): string {
  const { scope, id, org, from, by, spent, lines } = state
  const who = by === undefined ? '' : ` by ${by}`
  const money = ({ costUsd, unpriced }: BudgetState['spent'][number]) =>
    `${usd(costUsd)}${unpriced === 0 ? '' : ` and ${unpriced} calls of unknown cost`}`
  return [
    `${scope} ${id}${scope === 'org' ? '' : ` of ${org}`}: ${from === 'none' ? 'no budget of its own' : `${from}${who}`}`,
    ...spent.map(
      (sum) =>
        `spent${sum.window === 'all' ? '' : ` this ${sum.window}`}: ${sum.steps} steps, ${sum.tokens} tokens, ${money(sum)} USD`,
    ),
    tableText(
      { items: lines },
      {
        of: (line) => `${line.scope} ${line.id}`,
        window: ({ window }) => (window === 'all' ? '' : window),
        unit: ({ unit }) => unit,
        limit: ({ limit }) => usd(limit),
        spent: (line) => usd(line.spent),
        reserved: ({ reserved }) => (reserved === 0 ? '' : usd(reserved)),
        left: ({ left }) => usd(left),
        resets: ({ resetsAt }) => instantText(resetsAt),
      },
    ),
  ].join('\n')
}

/** What a model reads of a forecast: the queue, a line for each budget, and how it was made. */
export function forecastText({ org, queue, budgets, method }: Forecast): string {
  const { waiting, running, held, slots, drainedAt, loadPercent, error } = queue
  const until = drainedAt
    ? `worked off at ${instantText(drainedAt.middle)} (between ${instantText(drainedAt.low)} and ${instantText(drainedAt.high)}, meant for eight of ten cases)`
    : `no forecast: ${queue.insufficient ?? 'too little is known'}`
  return [
    `queue of ${org}: ${waiting} wait, ${running} go on in ${slots} slots${held === 0 ? '' : `, ${held} are held by a budget`}; ${until}`,
    ...(loadPercent === undefined ? [] : [`load: ${loadPercent} % of the slots`]),
    ...(error ? [`error: ${errorText(error)}`] : []),
    tableText(
      { items: budgets },
      {
        window: ({ window }) => window,
        unit: ({ unit }) => unit,
        left: ({ left }) => usd(left),
        'per hour': ({ perHour }) => perHour,
        'spent at': ({ spentAt }) => instantText(spentAt?.middle),
        earliest: ({ spentAt }) => instantText(spentAt?.low),
        latest: ({ spentAt }) => instantText(spentAt?.high),
        'likely %': ({ spentPercent }) => spentPercent,
        resets: ({ resetsAt }) => instantText(resetsAt),
        error: (budget) => budget.error && errorText(budget.error),
        'no forecast': ({ insufficient }) => insufficient,
      },
    ),
    method,
  ].join('\n')
}

const errorText = (error: { forecasts: number; meanErrorPercent: number; withinPercent: number }) =>
  `${error.meanErrorPercent} % on average over ${error.forecasts} past forecasts, ${error.withinPercent} % within`

const usd = (amount: number): string => String(Math.round(amount * 1e6) / 1e6)
