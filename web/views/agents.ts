import { html, nothing } from 'lit'
import type { Agent } from '../../schemas/agent.ts'
import type { Capacity, Cluster } from '../../schemas/cluster.ts'
import type { Event } from '../../schemas/event.ts'
import { PageElement } from '../element.ts'
import { Paged } from '../paged.ts'
import { nodeBars } from '../parts/node.ts'
import { problem } from '../parts/problem.ts'
import { skeleton } from '../parts/skeleton.ts'
import { badge } from '../parts/state.ts'
import { since } from '../parts/time.ts'
import { copyable } from '../parts/copy.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'
import '../parts/stacked-table.css'
import './agents.css'

/** As many as a page brings at once. */
const pageRows = 100

const agents = {
  asked: {
    tool: 'agent_list',
    staleBy: ({ kind }: Event) => /^(agent|pod|task)\./.test(kind),
  },
  key: ({ id }: Agent) => id,
}
const nodes = {
  asked: { tool: 'node_list', staleBy: ({ kind }: Event) => kind.startsWith('pod.') },
  key: ({ cluster, node }: Capacity) => `${cluster} ${node}`,
}

/** The rows of a list that are here. */
const shown = <T>({ list }: Paged): T[] =>
  Array.from({ length: list?.count ?? 0 }, (_, at) => list?.at(at) as T | undefined).filter(
    (one) => one !== undefined,
  )

/** Who works, and what the machines behind them have left. */
class Agents extends PageElement {
  readonly #agents = new Paged(this, () => agents)
  readonly #nodes = new Paged(this, () => nodes)
  readonly #clusters = new Query<{ items: Cluster[] }>(this, () => ({ tool: 'cluster_list' }))

  override render() {
    return html`
      <h1>Agents</h1>
      ${problem(this.#clusters.error)} ${(this.#clusters.value?.items ?? []).map(warning)}
      ${problem(this.#agents.list?.error)} ${this.#table(shown<Agent>(this.#agents))}
      ${this.#more(this.#agents, 'Show more agents')}
      <h2>Machines</h2>
      ${problem(this.#nodes.list?.error)}
      <div class="tiles">${shown<Capacity>(this.#nodes).map(tile)}</div>
      ${this.#more(this.#nodes, 'Show more machines')}
    `
  }

  /** Pages are read as somebody asks for them. */
  #more(paged: Paged, title: string) {
    const { list } = paged
    if (!list?.hasMore) return nothing
    return html`<button type="button" @click=${() => paged.show(0, list.count + pageRows)}>
      ${title}
    </button>`
  }

  #table(agents: Agent[]) {
    if (this.#agents.list?.isLoading !== false) return skeleton(3)
    if (agents.length === 0)
      return html`<p class="empty">No agent is here now. One starts with each task.</p>`
    return html`<div class="scroll" role="region" aria-label="Table of agents" tabindex="0">
      <table role="table" class="stacked">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Agent</th>
            <th role="columnheader" scope="col">State</th>
            <th role="columnheader" scope="col">Task</th>
            <th role="columnheader" scope="col">Machine</th>
            <th role="columnheader" scope="col">Last heard of</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${agents.map(row)}
        </tbody>
      </table>
    </div>`
  }
}

/** Its roles are said, as a browser forgets those of a table that its style makes into lines. */
const row = ({ id, state, task, host, lastSeenAt }: Agent) =>
  html`<tr role="row">
    <td role="cell">${copyable(id)}</td>
    <td role="cell">${badge(state)}</td>
    <td role="cell" class="task">
      ${task ? html`<a href=${href('tasks', task)}>${task}</a>` : '–'}
    </td>
    <td role="cell" data-name="on">${host ?? '–'}</td>
    <td role="cell" data-name="heard of">${since(lastSeenAt)}</td>
  </tr>`

/** What runs without isolation can read the owner's token, which whoever looks here should know. */
const warning = (cluster: Cluster) =>
  cluster.isolation === 'none'
    ? html`<p class="problem" role="alert">
        Pods on <b>${cluster.id}</b> are not isolated: what runs there could read the owner’s token.
        ${cluster.mayStart ? 'Owners may start work there all the same.' : 'You cannot start work there.'}
        <small>${cluster.isolationReason}</small>
      </p>`
    : nothing

const tile = (node: Capacity) =>
  html`<section class="tile">
    <h3>${node.node} ${badge(node.health)}</h3>
    ${nodeBars(node)}
    <p class="line">
      isolation: ${node.isolation} ${node.tags.map((tag) => html`<code>${tag}</code> `)}
    </p>
  </section>`

customElements.define('sy-page-agents', Agents)
