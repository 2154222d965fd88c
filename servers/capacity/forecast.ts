import { z } from 'zod'
import type { BudgetLine } from '../../schemas/budget.ts'
import { Org } from '../../schemas/principal.ts'
import { nanoUsd } from '../kit/budgets/prices.ts'
import { limitedWindows, linesOf } from '../kit/budgets/windows.ts'
import type { Context } from '../kit/context.ts'
import { orgFor } from '../kit/context.ts'
import { listHours } from '../kit/store/spending.ts'
import { defineTool } from '../kit/tool.ts'
import { backTestQueue, drainMs, leastSamples } from './forecast/queue.ts'
import { backTestSpending, budgetEnd, leastHours, rateOf } from './forecast/spending.ts'
import { readQueue } from './open-queue.ts'
import { forecastText } from './texts.ts'

const hourMs = 3_600_000
const rememberedHours = 14 * 24

const Range = z.object({ low: z.int(), middle: z.int(), high: z.int() })
const BackTest = z.object({
  forecasts: z.int().describe('How many were tried'),
  meanErrorPercent: z.int(),
  withinPercent: z.int(),
})

export const Forecast = z.object({
  org: z.string(),
  queue: z.object({
    waiting: z.int(),
    running: z.int(),
    held: z.int().describe('Held by a spent budget, and not counted'),
    slots: z.int().describe('Tasks that go on at a time'),
    drainedAt: Range.optional().describe('Meant to lie between low and high in eight of ten cases'),
    arrivalsPerHour: z.number().optional(),
    loadPercent: z.int().optional().describe('From 100 on the queue only grows'),
    error: BackTest.optional().describe('Of such forecasts in the past'),
    insufficient: z.string().optional().describe('Why nothing can be said'),
  }),
  budgets: z.array(
    z.object({
      window: z.enum(['all', 'day', 'month']),
      unit: z.string(),
      left: z.number(),
      perHour: z.number().optional().describe('Lately; an hour counts half a day later'),
      spentAt: Range.optional(),
      spentPercent: z.int().optional().describe('How likely it is spent before it begins anew'),
      resetsAt: z.int().optional(),
      error: BackTest.optional().describe('Of the rate, for the day after'),
      insufficient: z.string().optional(),
    }),
  ),
  method: z.string(),
})
export type Forecast = z.infer<typeof Forecast>

const method =
  'Queue: 200 rounds of drawing service times from the attempts of the same template that ended last (up to 400), each round from a resample of them, slots taking tasks in turn, nothing more arriving; error: mean absolute percentage error of the same forecast at up to 20 past moments, and how often the outcome was within the range. Budgets: 200 rounds of drawing hours of the last two weeks, of the same hour of the day once there is a week; error: of the hourly rate (weights halve each day) for each day after, within meaning at most 50 % off.'

export const forecastRead = defineTool({
  name: 'forecast_read',
  title: 'Read a forecast',
  description:
    'Says when the queue of an org will be worked off and when its budgets will be spent, as ranges, with the method and how wrong such forecasts were; or that there is too little to go by. Use budget_read for what is spent now.',
  effect: 'read',
  scope: 'cluster:read',
  input: { org: Org.optional().describe('Org to look at; default: your own') },
  output: Forecast,
  text: forecastText,
  run: async (asked, ctx) => {
    const org = orgFor(ctx, asked.org)
    return {
      org,
      queue: await queueForecast(ctx, org),
      budgets: await budgetForecasts(ctx, org),
      method,
    }
  },
})

async function queueForecast(ctx: Context, org: string): Promise<Forecast['queue']> {
  const { waiting, running, slots, held, history } = await readQueue(ctx, org)
  const counts = { waiting: waiting.length, running: running.length, held, slots }
  const range = drainMs(history, { waiting, running, slots })
  if (!range)
    return {
      ...counts,
      insufficient: `${history.length} attempts have ended; a forecast needs ${leastSamples}`,
    }
  const error = backTestQueue(history)
  const now = ctx.now()
  const at = (ms: number) => Math.round(now + ms)
  return {
    ...counts,
    drainedAt: { low: at(range.low), middle: at(range.middle), high: at(range.high) },
    ...loadOf(history, slots, now),
    ...(error ? { error } : {}),
  }
}

/** How much comes, and how much of what the slots can do that takes. */
function loadOf(
  history: { submittedAt: number; startedAt: number; endedAt: number }[],
  slots: number,
  now: number,
) {
  const since = Math.min(...history.map(({ submittedAt }) => submittedAt))
  const spanMs = Math.max(1, now - since)
  const workMs = history.reduce((sum, { startedAt, endedAt }) => sum + endedAt - startedAt, 0)
  return {
    arrivalsPerHour: Math.round((100 * history.length * hourMs) / spanMs) / 100,
    loadPercent: Math.round((100 * workMs) / (spanMs * slots)),
  }
}

async function budgetForecasts(ctx: Context, org: string): Promise<Forecast['budgets']> {
  const now = ctx.now()
  const asked = { config: ctx.config, subject: { org }, submitted: {}, now }
  const lines = (await limitedWindows(ctx.reader, asked)).flatMap(linesOf)
  if (lines.length === 0) return []
  const from = Math.floor(now / hourMs) - rememberedHours
  const since = new Date(from * hourMs).toISOString().slice(0, 13)
  const rows = await listHours(ctx.reader, org, since)
  const first = rows[0] ? Date.parse(`${rows[0].period}:00Z`) / hourMs : undefined
  const hours =
    first === undefined
      ? []
      : Array.from({ length: Math.floor(now / hourMs) - first }, () => ({
          steps: 0,
          tokens: 0,
          cost: 0,
        }))
  for (const row of rows) {
    const hour = hours[Date.parse(`${row.period}:00Z`) / hourMs - (first ?? 0)]
    if (hour) Object.assign(hour, row)
  }
  return lines.map((line) => endOf(line, hours, now))
}

function endOf(
  { window, unit, left, resetsAt }: BudgetLine,
  hours: { steps: number; tokens: number; cost: number }[],
  now: number,
): Forecast['budgets'][number] {
  const spent = hours.map(({ steps, tokens, cost }) =>
    unit === 'steps' ? steps : unit === 'tokens' ? tokens : cost / nanoUsd,
  )
  const until = resetsAt ?? now + 31 * 24 * hourMs
  const end = budgetEnd(spent, { left, now, until })
  const known = { window, unit, left, ...(resetsAt === undefined ? {} : { resetsAt }) }
  if (!end)
    return {
      ...known,
      insufficient: `calls of ${hours.length} whole hours are on record; a forecast needs ${leastHours}, five of them with calls`,
    }
  const error = backTestSpending(spent)
  const at = end.endsAt
  return {
    ...known,
    perHour: Math.round(rateOf(spent) * 1e6) / 1e6,
    spentPercent: end.spentPercent,
    ...(at
      ? {
          spentAt: {
            low: Math.round(at.low),
            middle: Math.round(at.middle),
            high: Math.round(at.high),
          },
        }
      : {}),
    ...(error ? { error } : {}),
  }
}
