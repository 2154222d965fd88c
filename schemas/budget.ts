import { z } from 'zod'
import { TaskBudget } from './task.ts'

const usd = z.number().min(0).max(1_000_000)

/** What a model costs, in US dollars for a million tokens. */
export const Price = z.strictObject({
  inputUsd: usd.describe('Tokens in'),
  outputUsd: usd.describe('Tokens out'),
  cachedInputUsd: usd
    .optional()
    .describe('Tokens in that the provider had cached; default: as others'),
})
export type Price = z.infer<typeof Price>

/** What may be spent in one window; what is not named is not limited. */
export const Limits = TaskBudget.pick({ steps: true, tokens: true, costUsd: true })
export type Limits = z.infer<typeof Limits>

/** What an org may spend. Windows are days and months of the org's time zone. */
export const OrgBudget = z.strictObject({
  day: Limits.optional().describe('In a day'),
  month: Limits.optional().describe('In a month'),
})
export type OrgBudget = z.infer<typeof OrgBudget>

/** What happens to a task that a spent budget stops. */
export const OnSpent = z.enum(['hold', 'ask'])
export type OnSpent = z.infer<typeof OnSpent>

export const BudgetScope = z.enum(['org', 'plan', 'task'])
export type BudgetScope = z.infer<typeof BudgetScope>

/** What one limit is set to and how much of it is gone. */
export const BudgetLine = z.object({
  scope: BudgetScope,
  id: z.string().describe('Name of the org, id of the plan or task'),
  window: z.enum(['all', 'day', 'month']),
  unit: z.enum(['steps', 'tokens', 'costUsd', 'timeMs']),
  limit: z.number(),
  spent: z.number(),
  reserved: z.number().describe('Held back for calls that are under way'),
  left: z.number(),
  resetsAt: z.int().optional().describe('When the window ends, in epoch milliseconds'),
})
export type BudgetLine = z.infer<typeof BudgetLine>
