import type { Reader, Row, Writer } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

/** One model call. */
export type Call = {
  id: string
  org: string
  principal: string
  task: string | undefined
  provider: string
  model: string
  inputTokens: number
  outputTokens: number
  latencyMs: number
  outcome: 'ok' | 'failed'
}

export type Sum = {
  provider: string
  model: string
  calls: number
  failed: number
  inputTokens: number
  outputTokens: number
  meanLatencyMs: number
}

export const recordUsage = (writer: Writer, call: Call): Promise<void> =>
  writer.transaction(async (tx) => {
    tx.about(call.task ?? call.principal)
    await tx.insert('model_usage', {
      id: call.id,
      org: call.org,
      principal: call.principal,
      task: call.task ?? null,
      provider: call.provider,
      model: call.model,
      input_tokens: call.inputTokens,
      output_tokens: call.outputTokens,
      latency_ms: call.latencyMs,
      outcome: call.outcome,
      at: tx.now,
    })
  })

/** Calls, tokens and latency by model, most used first; undefined filters nothing. */
export async function sumUsage(
  reader: Reader,
  filter: { task: string | undefined; since: number; orgs: string[] | undefined },
): Promise<Sum[]> {
  const { task, since, orgs } = filter
  const conditions = [
    'at > :since',
    ...(task === undefined ? [] : ['task = :task']),
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
  ]
  const rows = await reader.all<SumRow>(
    `SELECT provider, model, count(*) AS calls, count(*) FILTER (WHERE outcome <> 'ok') AS failed,
       sum(input_tokens) AS input, sum(output_tokens) AS output, avg(latency_ms) AS latency
     FROM model_usage WHERE ${conditions.join(' AND ')}
     GROUP BY provider, model ORDER BY calls DESC, provider, model LIMIT 100`,
    {
      since,
      ...(task === undefined ? {} : { task }),
      ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    },
  )
  return rows.map(({ input, output, latency, ...row }) => ({
    ...row,
    inputTokens: input,
    outputTokens: output,
    meanLatencyMs: Math.round(latency),
  }))
}

type SumRow = Row & {
  provider: string
  model: string
  calls: number
  failed: number
  input: number
  output: number
  latency: number
}
