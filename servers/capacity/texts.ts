import { instantText, tableText } from '../kit/table.ts'
import type { BudgetState } from './budgets.ts'

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

const usd = (amount: number): string => String(Math.round(amount * 1e6) / 1e6)
