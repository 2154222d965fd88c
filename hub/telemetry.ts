import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

const bucketsMs = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 30_000, 60_000]

/** Measurements of the hub: one pipeline, read at `/metrics` in the Prometheus text format. */
export class Telemetry {
  readonly #exporter = new PrometheusExporter({ preventServerStart: true })
  readonly #provider = new MeterProvider({ readers: [this.#exporter] })
  readonly #meter = this.#provider.getMeter('switchyard')
  readonly #calls = this.#meter.createHistogram('switchyard.tool.duration', {
    description: 'Time a tool call took',
    unit: 'ms',
    advice: { explicitBucketBoundaries: bucketsMs },
  })

  /** Tool names come from the registry, never from callers, so the label set is bounded. */
  call(tool: string, outcome: string, durationMs: number): void {
    this.#calls.record(durationMs, { tool, outcome })
  }

  /** A value that is read whenever the metrics are. */
  gauge(name: string, description: string, read: () => Record<string, number>): void {
    this.#meter.createObservableGauge(name, { description }).addCallback((result) => {
      for (const [state, value] of Object.entries(read())) result.observe(value, { state })
    })
  }

  async text(): Promise<string> {
    const { PrometheusSerializer } = await import('@opentelemetry/exporter-prometheus')
    const { resourceMetrics } = await this.#exporter.collect()
    return new PrometheusSerializer().serialize(resourceMetrics)
  }

  stop(): Promise<void> {
    return this.#provider.shutdown()
  }
}
