import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

/** One model call. */
export type Call = {
  id: string
  org: string
  principal: string
  task: string | null
  plan: string | null
  provider: string
  model: string
  inputTokens: number
  outputTokens: number
  /** Of those in, the ones that the provider had cached. */
  cachedTokens: number
  /** In billionths of a US dollar; null where it is not known. */
  cost: number | null
  latencyMs: number
  /** `lost`: the hub ended before the answer was on record. */
  outcome: 'ok' | 'failed' | 'lost'
}

/** What calls are summed by. */
export const groupings = ['model', 'org', 'task', 'plan', 'day'] as const
type Grouping = (typeof groupings)[number]

export type Sum = {
  /** Which model, org, task, plan or day; calls without one of these have none. */
  group: string | undefined
  provider: string
  calls: number
  failed: number
  inputTokens: number
  outputTokens: number
  cost: number
  unpriced: number
  meanLatencyMs: number
}

export async function recordUsage(tx: Transaction, call: Call): Promise<void> {
  tx.about(call.task ?? call.principal)
  await tx.insert('model_usage', {
    id: call.id,
    org: call.org,
    principal: call.principal,
    task: call.task,
    plan: call.plan,
    provider: call.provider,
    model: call.model,
    input_tokens: call.inputTokens,
    output_tokens: call.outputTokens,
    cached_tokens: call.cachedTokens,
    cost_nano_usd: call.cost,
    latency_ms: call.latencyMs,
    outcome: call.outcome,
    at: tx.now,
  })
}

// Days are of UTC: rows of several orgs are summed together. By arithmetic, which every engine has.
const columns: Record<Grouping, { group: string; provider: string }> = {
  model: { group: 'model', provider: 'provider' },
  org: { group: 'org', provider: "''" },
  task: { group: 'task', provider: "''" },
  plan: { group: 'plan', provider: "''" },
  day: { group: '(at / 86400000)', provider: "''" },
}

/** Calls, tokens, money and latency by group: the newest days, else the most used first. */
export async function sumUsage(reader: Reader, filter: UsageFilter): Promise<Sum[]> {
  const { by, orgs, limit, since, ...exact } = filter
  const set = Object.entries(exact).filter(([, value]) => value !== undefined)
  const conditions = [
    'at > :since',
    ...set.map(([column]) => `${column} = :${column}`), // Keys of the type below, never input.
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
  ]
  const { group, provider } = columns[by]
  const rows = await reader.all<SumRow>(
    `SELECT ${group} AS grouped, ${provider} AS provider, count(*) AS calls,
       count(*) FILTER (WHERE outcome <> 'ok') AS failed,
       sum(input_tokens) AS input, sum(output_tokens) AS output,
       coalesce(sum(cost_nano_usd), 0) AS cost,
       count(*) FILTER (WHERE cost_nano_usd IS NULL) AS unpriced, avg(latency_ms) AS latency
     FROM model_usage WHERE ${conditions.join(' AND ')}
     GROUP BY ${by === 'model' ? 'provider, model' : group}
     ORDER BY ${by === 'day' ? 'grouped DESC' : 'calls DESC, grouped'} LIMIT :limit`,
    {
      since,
      limit,
      ...Object.fromEntries(set),
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
  return rows.map(({ grouped, input, output, latency, ...row }) => ({
    ...row,
    group: groupName(by, grouped),
    inputTokens: input,
    outputTokens: output,
    meanLatencyMs: Math.round(latency),
  }))
}

export type UsageFilter = {
  by: Grouping
  task: string | undefined
  plan: string | undefined
  model: string | undefined
  since: number
  orgs: string[] | undefined
  limit: number
}

function groupName(by: Grouping, value: string | number | null): string | undefined {
  if (value === null) return undefined
  return by === 'day'
    ? new Date(Number(value) * 86_400_000).toISOString().slice(0, 10)
    : String(value)
}

type SumRow = Row & {
  grouped: string | number | null
  provider: string
  calls: number
  failed: number
  input: number
  output: number
  cost: number
  unpriced: number
  latency: number
}
