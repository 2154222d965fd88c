import type { HistogramMetricData } from '@opentelemetry/sdk-metrics'

const bucketsMs = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 30_000, 60_000]

type Series = {
  attributes: { tool: string; outcome: string }
  counts: number[]
  count: number
  sumMs: number
}

/**
 * How long calls took, by tool and outcome. They are counted here and not in an instrument of
 * OpenTelemetry, which makes and sorts a key of the labels for each value; it reads what came together.
 */
export class CallDurations {
  readonly #startedAt = Date.now()
  readonly #byTool = new Map<string, Map<string, Series>>()

  add(tool: string, outcome: string, durationMs: number): void {
    const series = this.#byTool.get(tool)?.get(outcome) ?? this.#begin(tool, outcome)
    let bucket = 0
    while (durationMs > (bucketsMs[bucket] ?? Infinity)) bucket++
    series.counts[bucket]!++ // One more than there are bounds.
    series.count++
    series.sumMs += durationMs
  }

  /** All of it as OpenTelemetry has it; `kind` is what its library calls such data. */
  metric(
    kind: Pick<HistogramMetricData, 'aggregationTemporality' | 'dataPointType'>,
  ): HistogramMetricData {
    const all = [...this.#byTool.values()].flatMap((byOutcome) => [...byOutcome.values()])
    const [startTime, endTime] = [instant(this.#startedAt), instant(Date.now())]
    const dataPoints = all.map(({ attributes, counts, count, sumMs }) => ({
      ...{ startTime, endTime, attributes },
      value: { buckets: { boundaries: bucketsMs, counts }, sum: sumMs, count },
    }))
    return { ...kind, descriptor, dataPoints }
  }

  #begin(tool: string, outcome: string): Series {
    const counts = Array.from({ length: bucketsMs.length + 1 }, () => 0)
    const series = { attributes: { tool, outcome }, counts, count: 0, sumMs: 0 }
    const byOutcome = this.#byTool.get(tool) ?? new Map<string, Series>()
    this.#byTool.set(tool, byOutcome.set(outcome, series))
    return series
  }
}

const descriptor: HistogramMetricData['descriptor'] = {
  name: 'switchyard.tool.duration',
  description: 'Time a tool call took',
  unit: 'ms',
  valueType: 1, // A double, as the API's enum has it.
}

/** Seconds and nanoseconds, as OpenTelemetry writes instants. */
const instant = (at: number): [number, number] => [Math.floor(at / 1000), (at % 1000) * 1e6]
