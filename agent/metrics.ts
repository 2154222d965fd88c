import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Measures } from './measures.ts'

/** More than one reader at a time is no monitoring. */
const mostConnections = 4

/**
 * Answers `/metrics` in the Prometheus text format on that port, to whoever reaches the pod; resolves
 * with the port. It holds no process, and where the port is taken the agent works all the same.
 */
export async function serveMetrics(measures: Measures, port: number): Promise<number | undefined> {
  let loading: ReturnType<typeof load> | undefined
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, text: string) =>
      response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(text)
    if (request.method !== 'GET' || request.url !== '/metrics')
      return answer(404, 'text/plain', 'there is /metrics alone\n')
    loading ??= load(measures)
    loading
      .then((text) => text())
      .then(
        (text) => answer(200, 'text/plain; version=0.0.4', text),
        (error: unknown) => answer(500, 'text/plain', `${String(error)}\n`),
      )
  })
  server.maxConnections = mostConnections
  server.unref()
  return new Promise((resolve) => {
    server.once('error', (error) => {
      process.stderr.write(`no metrics on port ${port}: ${error.message}\n`)
      resolve(undefined)
    })
    server.listen(port, () => resolve((server.address() as AddressInfo).port)) // It listens on TCP.
  })
}

/** The libraries take a while and some memory, so they are loaded for who asks. */
async function load(measures: Measures): Promise<() => Promise<string>> {
  const [{ PrometheusExporter, PrometheusSerializer }, { MeterProvider }] = await Promise.all([
    import('@opentelemetry/exporter-prometheus'),
    import('@opentelemetry/sdk-metrics'),
  ])
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meter = new MeterProvider({ readers: [exporter] }).getMeter('switchyard-agent')
  const counter = (name: string, description: string, read: () => Record<string, number>) =>
    meter.createObservableCounter(name, { description }).addCallback((result) => {
      for (const [kind, value] of Object.entries(read())) result.observe(value, { kind })
    })
  const gauge = (name: string, description: string, read: () => number | undefined) =>
    meter.createObservableGauge(name, { description }).addCallback((result) => {
      const value = read()
      if (value !== undefined) result.observe(value)
    })
  meter
    .createObservableCounter('switchyard.agent.steps', {
      description: 'Steps of the model loop, or tool calls of an external agent',
    })
    .addCallback((result) => result.observe(measures.steps))
  counter('switchyard.agent.model.calls', 'Model calls by outcome', () => measures.modelCalls)
  counter('switchyard.agent.tokens', 'Tokens that models read and wrote', () => measures.tokens)
  counter('switchyard.agent.tool.calls', 'Tool calls by outcome', () => measures.toolCalls)
  gauge('switchyard.agent.attempt', 'Which try at its task it is', () => measures.attempt)
  gauge(
    'switchyard.agent.heartbeat.age.seconds',
    'Time since the hub last answered a heartbeat',
    () => measures.silentSeconds,
  )
  const serializer = new PrometheusSerializer()
  return async () => serializer.serialize((await exporter.collect()).resourceMetrics)
}
