import type { BudgetLine, OnSpent } from '../../schemas/budget.ts'
import { HubError } from '../../schemas/errors.ts'

/** The refusal of a call for which a budget has no room left. */
export function spentError(line: BudgetLine, onSpent: OnSpent = 'hold'): HubError {
  const { scope, id, window, unit, limit, spent, resetsAt } = line
  const span = window === 'all' ? '' : ` of this ${window}`
  const until =
    resetsAt === undefined ? '' : ` It begins anew at ${new Date(resetsAt).toISOString()}.`
  return new HubError(
    'exhausted',
    `the budget${span} of ${scope} ${id} has no room for another model call: ${round(spent)} of ${round(limit)} ${unit} are spent`,
    {
      hint: `budget_set raises it, and budget_read shows all that is spent.${until}`,
      details: {
        budget: { scope, id, window, unit, limit, spent },
        ...{ scope, limit, spent, onSpent },
        ...(resetsAt === undefined ? {} : { resetsAt }),
      },
    },
  )
}

const round = (amount: number): number => Math.round(amount * 1e6) / 1e6
