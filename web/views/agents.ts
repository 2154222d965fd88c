import { html, nothing } from 'lit'
import type { Agent } from '../../schemas/agent.ts'
import type { Capacity, Cluster } from '../../schemas/cluster.ts'
import { PageElement } from '../element.ts'
import { problem } from '../parts/problem.ts'
import { skeleton } from '../parts/skeleton.ts'
import { badge } from '../parts/state.ts'
import { since } from '../parts/time.ts'
import { copyable } from '../parts/copy.ts'
import { Query } from '../query.ts'
import { href } from '../route.ts'

/** Who works, and what the machines behind them have left. */
class Agents extends PageElement {
  readonly #agents = new Query<{ items: Agent[] }>(this, () => ({
    tool: 'agent_list',
    args: { limit: 200 },
    staleBy: ({ kind }) => /^(agent|pod|task)\./.test(kind),
  }))
  readonly #nodes = new Query<{ items: Capacity[] }>(this, () => ({
    tool: 'node_list',
    staleBy: ({ kind }) => kind.startsWith('pod.'),
  }))
  readonly #clusters = new Query<{ items: Cluster[] }>(this, () => ({ tool: 'cluster_list' }))

  override render() {
    return html`
      <h1>Agents</h1>
      ${problem(this.#clusters.error)} ${(this.#clusters.value?.items ?? []).map(warning)}
      ${problem(this.#agents.error)} ${this.#table(this.#agents.value?.items ?? [])}
      <h2>Machines</h2>
      ${problem(this.#nodes.error)}
      <div class="tiles">${(this.#nodes.value?.items ?? []).map(tile)}</div>
    `
  }

  #table(agents: Agent[]) {
    if (this.#agents.isLoading) return skeleton(3)
    if (agents.length === 0)
      return html`<p class="empty">No agent is here now. One starts with each task.</p>`
    return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th>Agent</th>
            <th>State</th>
            <th>Task</th>
            <th>Machine</th>
            <th>Last heard of</th>
          </tr>
        </thead>
        <tbody>
          ${agents.map(
            (agent) =>
              html`<tr>
                <td>${copyable(agent.id)}</td>
                <td>${badge(agent.state)}</td>
                <td>
                  ${agent.task ? html`<a href=${href('tasks', agent.task)}>${agent.task}</a>` : '–'}
                </td>
                <td>${agent.host ?? '–'}</td>
                <td>${since(agent.lastSeenAt)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }
}

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
    ${meter('CPUs promised', node.cpus.promised, node.cpus.total, `${node.cpus.promised} of ${node.cpus.total}, load ${node.cpus.load}`)}
    ${meter('Memory in use', node.memoryMb.total - node.memoryMb.available, node.memoryMb.total, `${gib(node.memoryMb.total - node.memoryMb.available)} of ${gib(node.memoryMb.total)}`)}
    ${meter('Disk in use', node.diskMb.total - node.diskMb.available, node.diskMb.total, `${gib(node.diskMb.total - node.diskMb.available)} of ${gib(node.diskMb.total)}`)}
    ${meter('Pods', node.pods.live, node.pods.limit, `${node.pods.live} of ${node.pods.limit}`)}
    <p class="line">
      isolation: ${node.isolation} ${node.tags.map((tag) => html`<code>${tag}</code> `)}
    </p>
  </section>`

const meter = (name: string, value: number, max: number, text: string) =>
  html`<label class="meter"
    >${name} <span>${text}</span><meter min="0" max=${max} value=${value}></meter
  ></label>`

const gib = (mib: number) => `${(mib / 1024).toFixed(1)} GiB`

customElements.define('sy-page-agents', Agents)
