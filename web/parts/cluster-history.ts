import { html } from 'lit'
import type { Capacity, ClusterHistory } from '../../schemas/cluster.ts'
import { PageElement } from '../element.ts'
import { every } from '../every.ts'
import { exact, gib } from '../format.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import { chart } from './chart.ts'
import { choices } from './choices.ts'
import { problem } from './problem.ts'

const ranges = [
  { hours: 1, title: 'Hour', spans: 60 },
  { hours: 24, title: 'Day', spans: 96 },
  { hours: 168, title: 'Week', spans: 168 },
]
const refreshMs = 30_000

/** What pods were promised over time, against what the machines have. The span is in the address. */
class ClusterHistoryPart extends PageElement {
  static override properties = { cluster: {}, params: {}, nodes: {} }
  declare cluster: string | undefined
  declare params: URLSearchParams
  declare nodes: Capacity[]
  readonly #history = new Query<ClusterHistory>(this, () => ({
    tool: 'cluster_read',
    args: {
      ...(this.cluster === undefined ? {} : { cluster: this.cluster }),
      hours: this.#range.hours,
      spans: this.#range.spans,
    },
    staleBy: ({ kind }) => kind === 'pod.exited' || kind === 'pod.starting',
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
    const total = (of: (node: Capacity) => number) =>
      this.nodes.length === 0 ? undefined : this.nodes.reduce((sum, node) => sum + of(node), 0)
    const points = (of: (span: ClusterHistory['items'][number]) => number) =>
      (value?.items ?? []).map((span) => ({ at: span.at, value: of(span) }))
    const begin = (value?.items.at(-1)?.at ?? 0) - this.#range.hours * 3_600_000
    return html`<section aria-label="Promised over time">
      <div class="page-bar">
        <h2>Promised to pods</h2>
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
        ${chart({ name: 'CPU', points: points(({ cpus }) => cpus), since: begin, total: total(({ cpus }) => cpus.total), text: (cpus) => `${cpus} cores` })}
        ${chart({ name: 'Memory', points: points(({ memoryMb }) => memoryMb), since: begin, total: total(({ memoryMb }) => memoryMb.total), text: gib })}
        ${chart({ name: 'Pods', points: points(({ pods }) => pods), since: begin, total: total(({ pods }) => pods.limit), text: String })}
      </div>
      ${value && value.since > begin + 1000 ? html`<p class="soft">Counted in full only since ${exact(value.since)}.</p>` : ''}
    </section>`
  }
}

customElements.define('sy-cluster-history', ClusterHistoryPart)
