import { html } from 'lit'
import type { CapacityHistory, CapacityPoint } from '../../schemas/capacity.ts'
import type { Capacity } from '../../schemas/cluster.ts'
import { PageElement } from '../element.ts'
import { every } from '../every.ts'
import { exact, gib } from '../format.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { chart } from './chart.ts'
import { choices } from './choices.ts'
import { problem } from './problem.ts'

const ranges = [
  { hours: 1, title: 'Hour' },
  { hours: 24, title: 'Day' },
  { hours: 720, title: 'Month' },
]
const refreshMs = 20_000

/** What was used, requested and there over time, to this moment. The span is in the address. */
class ClusterHistoryPart extends PageElement {
  static override properties = { cluster: {}, params: {}, nodes: {} }
  declare cluster: string | undefined
  declare params: URLSearchParams
  /** What the machines have now, where all of them are known. */
  declare nodes: Capacity[]
  readonly #history = new Query<CapacityHistory>(this, () => ({
    tool: 'capacity_history',
    args: {
      ...(this.cluster === undefined ? {} : { cluster: this.cluster }),
      hours: this.#range.hours,
      points: 120,
    },
  }))

  constructor() {
    super()
    every(this, refreshMs, () => this.#history.refresh())
  }

  get #range() {
    const hours = Number(this.params.get('hours') ?? 24)
    return ranges.find((range) => range.hours === hours) ?? ranges[1]!
  }

  override render() {
    const { value, error } = this.#history
    const kept = value?.items ?? []
    const now = this.nodes.length > 0 && value ? [pointOf(this.nodes)] : []
    const points = [...kept, ...now]
    // What there is now alone is a level line, so it needs some time to be drawn over.
    const begin = value?.firstAt ?? (points[0]?.at ?? 1) - 1
    const draw = (name: string, of: Amounts, text: (value: number) => string) =>
      amountChart({ name, points, since: begin, of, text })
    return html`<section aria-label="Capacity over time">
      <div class="page-bar">
        <h2>Used and requested</h2>
        ${choices(
          'Span of time',
          ranges.map(({ hours, title }) => ({
            title,
            isCurrent: hours === this.#range.hours,
            href: href('clusters', this.cluster, {
              ...Object.fromEntries(this.params),
              hours: String(hours),
            }),
          })),
        )}
      </div>
      ${problem(error)}
      <div class="charts" aria-busy=${value ? 'false' : 'true'}>
        ${draw('CPU', ({ cpus }) => cpus, cores)} ${draw('Memory', ({ memoryMb }) => memoryMb, gib)}
        ${draw('Pods', ({ pods }) => ({ requested: pods.live, allocatable: pods.limit }), count)}
        ${points.some(({ gpus }) => gpus.total > 0) ? draw('GPUs', gpusOf, count) : ''}
        ${points.some(({ queued }) => queued) ? draw('Queue', ({ queued = 0 }) => ({ requested: queued }), waiting) : ''}
      </div>
      ${value && value.unreported.length > 0 ? html`<p class="soft">What is used is not reported by ${value.unreported.join(', ')}.</p>` : ''}
      ${value && value.firstAt !== undefined && value.firstAt - value.since > value.spanMs ? html`<p class="soft">Kept only since ${exact(value.firstAt)}.</p>` : ''}
      ${value && kept.length > 0 ? html`<p class="soft">Each step is the mean of ${span(value.spanMs)}.</p>` : ''}
    </section>`
  }
}

type Amounts = (point: CapacityPoint) => {
  used?: number | undefined
  requested: number
  allocatable?: number
}

/** What is used as an area under what is requested, where it is reported; else what is requested alone. */
function amountChart(options: {
  name: string
  points: CapacityPoint[]
  since: number
  of: Amounts
  text(value: number): string
}) {
  const { name, points, since, of, text } = options
  const greatest = 'highest mean' // A span is kept as its mean only.
  const last = points.at(-1)
  const total = last && of(last).allocatable
  const requested = points.map((point) => ({ at: point.at, value: of(point).requested }))
  const used = points.flatMap((point) => {
    const value = of(point).used
    return value === undefined ? [] : [{ at: point.at, value }]
  })
  return used.length === 0
    ? chart({ name, points: requested, since, total, text, greatest })
    : chart({
        name,
        points: used,
        since,
        total,
        text,
        greatest,
        beside: { name: 'requested', points: requested },
      })
}

/** What there is now, as the next point of what was kept. */
function pointOf(nodes: Capacity[]): CapacityPoint {
  const sum = (of: (node: Capacity) => number) => nodes.reduce((all, node) => all + of(node), 0)
  const used = (of: (node: Capacity) => number | undefined) =>
    nodes.some((node) => of(node) === undefined) ? {} : { used: sum((node) => of(node) ?? 0) }
  return {
    at: Math.max(...nodes.map(({ at }) => at)),
    cpus: {
      ...used((node) => node.used?.cpus),
      requested: sum(({ cpus }) => cpus.promised),
      allocatable: sum(({ cpus }) => cpus.total),
    },
    memoryMb: {
      ...used((node) => node.used?.memoryMb),
      requested: sum(({ memoryMb }) => memoryMb.promised),
      allocatable: sum(({ memoryMb }) => memoryMb.total),
    },
    diskMb: { total: sum(({ diskMb }) => diskMb.total) },
    gpus: {
      requested: sum(({ gpusPromised }) => gpusPromised ?? 0),
      total: sum(({ gpus }) => gpus.length),
    },
    pods: { live: sum(({ pods }) => pods.live), limit: sum(({ pods }) => pods.limit) },
  }
}

const span = (ms: number) => (ms < 60_000 ? `${ms / 1000} s` : `${Math.round(ms / 60_000)} min`)
const gpusOf: Amounts = ({ gpus }) => ({ requested: gpus.requested ?? 0, allocatable: gpus.total })
const cores = (value: number) => {
  const rounded = Math.round(value * 100) / 100
  return `${rounded} ${rounded === 1 ? 'core' : 'cores'}`
}
const count = (value: number) => String(Math.round(value * 10) / 10)
const waiting = (value: number) => `${count(value)} waiting`

customElements.define('sy-cluster-history', ClusterHistoryPart)
