import { html, nothing } from 'lit'
import type { Capacity, Cluster, Pod } from '../../schemas/cluster.ts'
import { PageElement } from '../element.ts'
import { every } from '../every.ts'
import { counted } from '../format.ts'
import { problem } from '../parts/problem.ts'
import { skeleton } from '../parts/skeleton.ts'
import { badge } from '../parts/state.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import '../parts/cluster-history.ts'
import '../parts/fit.ts'
import { nodeRow } from '../parts/node.ts'
import { podRow } from '../parts/pod.ts'
import '../parts/pod-window.ts'
import '../parts/page-bar.css'
import './clusters.css'

const refreshMs = 5000

/** Where agents run: each cluster with its machines, what fits there, what was promised, and its pods. */
class Clusters extends PageElement {
  static override properties = { thing: {}, params: {} }
  declare thing: string | undefined
  declare params: URLSearchParams
  readonly #clusters = new Query<{ items: Cluster[] }>(this, () => ({ tool: 'cluster_list' }))
  readonly #nodes = new Query<{ items: Capacity[]; next?: string }>(this, () => ({
    tool: 'node_list',
    args: { limit: 100, ...(this.thing === undefined ? {} : { cluster: this.thing }) },
    staleBy: aboutPods,
  }))
  readonly #pods = new Query<{ items: Pod[]; next?: string }>(this, () => ({
    tool: 'pod_list',
    args: { limit: 100, ended: this.params.has('ended') },
    staleBy: aboutPods,
  }))

  constructor() {
    super()
    // Nothing tells of the load of a machine, nor of a cluster that fell silent.
    every(this, refreshMs, () => {
      this.#clusters.refresh()
      this.#nodes.refresh()
    })
  }

  override render() {
    const { value, error } = this.#clusters
    const clusters = value?.items ?? []
    const nodes = this.#nodes.value?.items ?? []
    const shown =
      this.thing === undefined ? clusters : clusters.filter(({ id }) => id === this.thing)
    return html`<h1>Clusters</h1>
      ${problem(error ?? this.#nodes.error)}
      ${this.thing !== undefined ? html`<p><a href=${href('clusters')}>All clusters</a></p>` : nothing}
      ${value && shown.length === 0 ? html`<p class="empty">There is no cluster ${this.thing ?? ''} here.</p>` : nothing}
      ${value ? nothing : html`<div class="cluster">${skeleton(4)}</div>`}
      ${shown.map((cluster) =>
        this.#cluster(
          cluster,
          nodes.filter((node) => node.cluster === cluster.id),
        ),
      )}
      <sy-fit .params=${this.params} .thing=${this.thing}></sy-fit>
      <sy-cluster-history
        .cluster=${this.thing}
        .params=${this.params}
        .nodes=${
          this.#nodes.value?.next === undefined
            ? nodes.filter((node) => this.thing === undefined || node.cluster === this.thing)
            : []
        }
      ></sy-cluster-history>
      ${this.#window()} ${this.#podList()}`
  }

  /** What a pod serves, where the address names the pod, or the task that it is for. */
  #window() {
    const [pod, task] = [this.params.get('pod'), this.params.get('task')]
    const found = pod ?? (task && this.#pods.value?.items.find((one) => one.task === task)?.id)
    return found ? html`<sy-pod-window .pod=${found}></sy-pod-window>` : nothing
  }

  #cluster(cluster: Cluster, nodes: Capacity[]) {
    const { id, driver, health, pods, isolation } = cluster
    return html`<section class="cluster" aria-label="Cluster ${id}">
      <div class="page-bar">
        ${badge(health.state)}
        <h2><a href=${href('clusters', id)}>${id}</a></h2>
        <span class="soft"
          >${driver} · ${counted(Math.max(cluster.nodes, nodes.length), 'machine')} ·
          ${counted(pods, 'pod')} · isolation:
          <b class=${isolation === 'none' ? 'failed' : ''}>${isolation}</b></span
        >
      </div>
      ${health.reason ? html`<p class="notice-text">${health.reason}</p>` : nothing}
      ${warning(cluster)} ${nodes.map((node) => nodeRow(node))}
      ${this.#nodes.value && cluster.nodes > nodes.length ? html`<p class="soft">Only ${nodes.length} of its machines are shown.</p>` : nothing}
    </section>`
  }

  #podList() {
    const { value, error } = this.#pods
    const withEnded = this.params.has('ended')
    const items = (value?.items ?? []).filter(
      ({ cluster }) => this.thing === undefined || cluster === this.thing,
    )
    const { ended: _ended, ...rest } = Object.fromEntries(this.params)
    const turned = withEnded ? rest : { ...rest, ended: 'yes' }
    return html`<section aria-label="Pods">
      <div class="page-bar">
        <h2>Pods</h2>
        <a href=${href('clusters', this.thing, turned)}
          >${withEnded ? 'Only live ones' : 'Also ended ones'}</a
        >
      </div>
      ${problem(error)}
      ${value && items.length === 0 ? html`<p class="empty">No pod ${withEnded ? 'yet' : 'runs now'}.</p>` : nothing}
      <ul class="pods">
        ${items.map((pod) => html`<li>${podRow(pod)}</li>`)}
      </ul>
      ${value?.next ? html`<p class="soft">Only the newest 100 are shown.</p>` : nothing}
    </section>`
  }
}

const aboutPods = ({ kind }: { kind: string }): boolean => kind.startsWith('pod.')

/** Work that nothing keeps from the rest of the machine must be seen at once. */
const warning = ({ id, isolation, mayStart, isolationReason }: Cluster) =>
  isolation === 'none'
    ? html`<p class="problem" role="alert">
        <b>Pods on ${id} are not isolated.</b> What runs there can read the owner’s files and token.
        ${mayStart ? 'You may start work there all the same.' : 'You cannot start work there.'}
        <small>${isolationReason}</small>
      </p>`
    : nothing

customElements.define('sy-page-clusters', Clusters)
