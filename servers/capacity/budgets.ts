import { z } from 'zod'
import { BudgetLine, BudgetScope, OrgBudget } from '../../schemas/budget.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import { TaskBudget } from '../../schemas/task.ts'
import { setBudget } from '../kit/store/budgets.ts'
import { defineTool } from '../kit/tool.ts'
import { findSubject, readState } from './budget-state.ts'
import { budgetText } from './texts.ts'

const subject = {
  org: Org.optional().describe('Org whose budget it is; default: your own'),
  plan: z.string().max(60).optional().describe('Plan whose budget it is, in place of an org'),
  task: z.string().max(60).optional().describe('Task whose budget it is, in place of an org'),
}

const Spent = z.object({
  window: z.enum(['all', 'day', 'month']),
  steps: z.int(),
  tokens: z.int(),
  costUsd: z.number(),
  unpriced: z.int().describe('Calls whose cost is not known and not in costUsd'),
})

export const BudgetState = z.object({
  scope: BudgetScope,
  id: z.string(),
  org: z.string(),
  limits: z.record(z.string(), z.unknown()).describe('What holds now'),
  from: z
    .enum(['set', 'submitted', 'configured', 'none'])
    .describe('Where that comes from: budget_set, the submit, switchyard.json'),
  by: z.string().optional().describe('Who set or submitted it'),
  at: z.int().optional(),
  spent: z.array(Spent),
  lines: z.array(BudgetLine).describe('Each limit that counts for it, also of its plan and org'),
})
export type BudgetState = z.infer<typeof BudgetState>

export const budgetRead = defineTool({
  name: 'budget_read',
  title: 'Read a budget',
  description:
    'Shows what an org, a plan or a task may spend on model calls, what it has spent, what is left and until when, and who said so. Use usage_read for what the calls were.',
  effect: 'read',
  scope: 'cluster:read',
  input: subject,
  output: BudgetState,
  text: budgetText,
  run: async (asked, ctx) => readState(ctx, ctx.reader, await findSubject(ctx, ctx.reader, asked)),
})

export const budgetSet = defineTool({
  name: 'budget_set',
  title: 'Set a budget',
  description:
    'Limits what an org, a plan or a task may spend, in place of what was configured or submitted; null goes back to that, and {} lifts every limit. Work that a spent budget held goes on by itself when there is room again.',
  effect: 'update',
  scope: 'task:write',
  idempotent: true,
  input: {
    ...subject,
    budget: z
      .union([TaskBudget, OrgBudget, z.null()])
      .describe(
        'For a task or plan: steps, tokens, costUsd, timeMs. For an org: day and month, each with steps, tokens, costUsd. Amounts are totals, with what is spent already',
      ),
  },
  output: BudgetState,
  text: budgetText,
  run: ({ budget, ...asked }, ctx) =>
    ctx.transaction(async (tx) => {
      const found = await findSubject(ctx, tx, asked)
      const { scope, id, org } = found
      ctx.ensure('budget.set', { scope, org })
      if (budget !== null) {
        const parsed = (scope === 'org' ? OrgBudget : TaskBudget).safeParse(budget)
        if (!parsed.success) throw otherForm(scope)
        if (scope === 'plan' && 'timeMs' in parsed.data) throw noTime()
      }
      await setBudget(tx, { scope, id, org }, budget, ctx.principal.id)
      return readState(ctx, tx, found)
    }),
})

const otherForm = (scope: BudgetScope) =>
  new HubError(
    'invalid',
    `that is not the form of a budget of ${scope === 'org' ? 'an' : 'a'} ${scope}`,
    {
      hint:
        scope === 'org'
          ? 'For an org: {"day": {"costUsd": 5}, "month": {"tokens": 1000000}}.'
          : 'For a task or a plan: {"steps": 100, "tokens": 1000000, "costUsd": 5}.',
    },
  )

const noTime = () =>
  new HubError('invalid', 'a plan has no time budget: its tasks run side by side', {
    hint: 'Give its tasks a timeMs of their own.',
  })
