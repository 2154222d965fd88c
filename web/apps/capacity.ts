import { html, svg } from 'lit'
import type { Capacity } from '../../schemas/cluster.ts'

type Output = { capacity: Capacity; room: number }

/** What a machine has, as a bar for each resource: used, promised, free. */
export const capacityChart = ({ capacity, room }: Output) => {
  const { cpus, memoryMb, diskMb, pods } = capacity
  const used = memoryMb.total - memoryMb.available
  return html`<article>
    <h1>
      <b class="state" data-state=${capacity.health}>${capacity.health}</b>
      ${capacity.node} <span class="soft">${capacity.cluster}</span>
    </h1>
    <p>${room === 0 ? 'No room for another pod' : `Room for ${room} more`}</p>
    ${bar('CPU', cpus.total, cpus.load, cpus.promised, (value) => `${round(value)} cores`)}
    ${bar('Memory', memoryMb.total, used, memoryMb.promised, gib)}
    ${bar('Disk', diskMb.total, diskMb.total - diskMb.available, 0, gib)}
    ${bar('Pods', pods.limit, pods.live, 0, (value) => String(value))}
    <p class="soft">Dark: in use. Outlined: promised to pods.</p>
  </article>`
}

function bar(
  name: string,
  total: number,
  used: number,
  promised: number,
  shown: (value: number) => string,
) {
  const share = (value: number) => (total > 0 ? Math.min(100, (100 * value) / total) : 0)
  const text = `${name}: ${shown(used)} of ${shown(total)} in use${promised > 0 ? `, ${shown(promised)} promised` : ''}`
  return html`<figure>
    <figcaption>${text}</figcaption>
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      ${svg`<rect class="track" width="100" height="6"></rect>
      <rect class="used" width=${share(used)} height="6"></rect>
      <rect class="promised" width=${share(promised)} height="6"></rect>`}
    </svg>
  </figure>`
}

const round = (value: number) => Math.round(value * 10) / 10
const gib = (mb: number) => `${round(mb / 1024)} GiB`
