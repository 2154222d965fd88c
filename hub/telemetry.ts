import type { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import type { MeterProvider } from '@opentelemetry/sdk-metrics'
import { CallDurations } from './call-durations.ts'

type Pipeline = { exporter: PrometheusExporter; provider: MeterProvider }

/**
 * Measurements of the hub: one pipeline, read at `/metrics` in the Prometheus text format. The
 * libraries are loaded when that is first read.
 */
export class Telemetry {
  readonly #gauges: {
    name: string
    description: string
    read: () => Promise<Record<string, number>>
  }[] = []
  readonly #durations = new CallDurations()
  #loading: Promise<Pipeline> | undefined

  /** Tool names come from the registry, never from callers, so the label set is bounded. */
  call(tool: string, outcome: string, durationMs: number): void {
    this.#durations.add(tool, outcome, durationMs)
  }

  /** A value that is read whenever the metrics are. Named before they are. */
  gauge(name: string, description: string, read: () => Promise<Record<string, number>>): void {
    this.#gauges.push({ name, description, read })
  }

  async text(): Promise<string> {
    const [{ PrometheusSerializer }, { AggregationTemporality, DataPointType }] = await libraries()
    const { exporter } = await (this.#loading ??= this.#load())
    const { resource, scopeMetrics } = (await exporter.collect()).resourceMetrics
    const durations = this.#durations.metric({
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
    })
    const calls = { scope: { name: 'switchyard' }, metrics: [durations] }
    return new PrometheusSerializer().serialize({
      resource,
      scopeMetrics: [calls, ...scopeMetrics],
    })
  }

  async stop(): Promise<void> {
    await (await this.#loading)?.provider.shutdown()
  }

  async #load(): Promise<Pipeline> {
    const [{ PrometheusExporter }, { MeterProvider }] = await libraries()
    const exporter = new PrometheusExporter({ preventServerStart: true })
    const provider = new MeterProvider({ readers: [exporter] })
    const meter = provider.getMeter('switchyard')
    for (const { name, description, read } of this.#gauges) {
      meter.createObservableGauge(name, { description }).addCallback(async (result) => {
        for (const [state, value] of Object.entries(await read())) result.observe(value, { state })
      })
    }
    return { exporter, provider }
  }
}

const libraries = () =>
  Promise.all([import('@opentelemetry/exporter-prometheus'), import('@opentelemetry/sdk-metrics')])
