import { html, nothing } from 'lit'
import type { Capacity } from '../../schemas/cluster.ts'
import { gib } from '../format.ts'
import { resourceBar } from './bars.ts'
import { badge } from './state.ts'

/** A machine as a line: its name, its state where there is something to say, its bars. */
export const nodeRow = (capacity: Capacity) => {
  const { node, health, tags, gpus } = capacity
  return html`<div class="node">
    <div class="who">
      <h3>${node}</h3>
      ${health === 'ready' ? nothing : badge(health)}
      <p class="tags">
        ${gpus.map(({ name }) => html`<span>${name}</span> `)}${tags.map((tag) => html`<code>${tag}</code> `)}
      </p>
    </div>
    ${nodeBars(capacity)}
  </div>`
}

/** A bar for each thing of a machine that runs out, of what is used, promised and free. */
export function nodeBars({ cpus, memoryMb, diskMb, pods }: Capacity) {
  const usedMb = memoryMb.total - memoryMb.available
  const usedDiskMb = diskMb.total - diskMb.available
  return html`${resourceBar({
    name: 'CPU',
    total: cpus.total,
    shares: [
      { value: cpus.promised, kind: 'promised' },
      { value: cpus.load, kind: 'used' },
    ],
    text: `${number(cpus.promised)} of ${number(cpus.total)} promised, load ${number(cpus.load)}`,
    scarceFrom: 1,
  })}
  ${resourceBar({
    name: 'Memory',
    total: memoryMb.total,
    shares: [
      { value: memoryMb.promised, kind: 'promised' },
      { value: usedMb, kind: 'used' },
    ],
    text: `${gib(memoryMb.promised)} of ${gib(memoryMb.total)} promised, ${gib(usedMb)} used`,
  })}
  ${resourceBar({
    name: 'Disk',
    total: diskMb.total,
    shares: [{ value: usedDiskMb, kind: 'used' }],
    text: `${gib(diskMb.available)} free of ${gib(diskMb.total)}`,
  })}
  ${resourceBar({
    name: 'Pods',
    total: pods.limit,
    shares: [{ value: pods.live, kind: 'used' }],
    text: `${pods.live} of ${pods.limit}`,
    scarceFrom: 1,
  })}`
}

const number = (value: number): string => String(Math.round(value * 10) / 10)
