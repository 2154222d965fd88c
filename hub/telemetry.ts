import type { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import type { MeterProvider } from '@opentelemetry/sdk-metrics'

const bucketsMs = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 30_000, 60_000]
const maxEarly = 10_000

type Call = { tool: string; outcome: string; durationMs: number }
type Pipeline = {
  exporter: PrometheusExporter
  provider: MeterProvider
  record(call: Call): void
}

/**
 * Measurements of the hub: one pipeline, read at `/metrics` in the Prometheus text format. The
 * libraries take a while to load, so that happens once the hub listens; calls before are kept.
 */
export class Telemetry {
  readonly #gauges: {
    name: string
    description: string
    read: () => Promise<Record<string, number>>
  }[] = []
  #early: Call[] = []
  #pipeline: Pipeline | undefined
  #loading: Promise<Pipeline> | undefined

  /** Tool names come from the registry, never from callers, so the label set is bounded. */
  call(tool: string, outcome: string, durationMs: number): void {
    if (this.#pipeline) this.#pipeline.record({ tool, outcome, durationMs })
    else if (this.#early.length < maxEarly) this.#early.push({ tool, outcome, durationMs })
  }

  /** A value that is read whenever the metrics are. Named before `load`. */
  gauge(name: string, description: string, read: () => Promise<Record<string, number>>): void {
    this.#gauges.push({ name, description, read })
  }

  load(): Promise<Pipeline> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  async text(): Promise<string> {
    const [{ PrometheusSerializer }, { exporter }] = await Promise.all([
      import('@opentelemetry/exporter-prometheus'),
      this.load(),
    ])
    const { resourceMetrics } = await exporter.collect()
    return new PrometheusSerializer().serialize(resourceMetrics)
  }

  async stop(): Promise<void> {
    await (await this.#loading)?.provider.shutdown()
  }

  async #load(): Promise<Pipeline> {
    const [{ PrometheusExporter }, { MeterProvider }] = await Promise.all([
      import('@opentelemetry/exporter-prometheus'),
      import('@opentelemetry/sdk-metrics'),
    ])
    const exporter = new PrometheusExporter({ preventServerStart: true })
    const provider = new MeterProvider({ readers: [exporter] })
    const meter = provider.getMeter('switchyard')
    const calls = meter.createHistogram('switchyard.tool.duration', {
      description: 'Time a tool call took',
      unit: 'ms',
      advice: { explicitBucketBoundaries: bucketsMs },
    })
    for (const { name, description, read } of this.#gauges) {
      meter.createObservableGauge(name, { description }).addCallback(async (result) => {
        for (const [state, value] of Object.entries(await read())) result.observe(value, { state })
      })
    }
    const pipeline: Pipeline = {
      exporter,
      provider,
      record: ({ tool, outcome, durationMs }) => calls.record(durationMs, { tool, outcome }),
    }
    for (const call of this.#early) pipeline.record(call)
    this.#early = []
    this.#pipeline = pipeline
    return pipeline
  }
}
