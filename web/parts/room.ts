import { html } from 'lit'
import type { Capacity } from '../../schemas/cluster.ts'

/** What all machines together have left, as three bars. */
export function roomView(nodes: Capacity[]) {
  const sum = (of: (node: Capacity) => number) => nodes.reduce((total, node) => total + of(node), 0)
  const pods = { used: sum(({ pods: { live } }) => live), all: sum(({ pods: { limit } }) => limit) }
  const memory = {
    all: sum(({ memoryMb }) => memoryMb.total),
    used: sum(({ memoryMb }) => memoryMb.total - memoryMb.available),
  }
  const disk = {
    all: sum(({ diskMb }) => diskMb.total),
    used: sum(({ diskMb }) => diskMb.total - diskMb.available),
  }
  return html`<div class="room">
    ${bar('Pods', pods, `${pods.all - pods.used} of ${pods.all} free`)}
    ${bar('Memory', memory, `${gib(memory.all - memory.used)} of ${gib(memory.all)} free`)}
    ${bar('Disk', disk, `${gib(disk.all - disk.used)} of ${gib(disk.all)} free`)}
  </div>`
}

/** From here on a resource is scarce enough to be told by its colour too. */
const scarce = 0.9

function bar(name: string, { used, all }: { used: number; all: number }, told: string) {
  const share = all === 0 ? 0 : Math.min(1, used / all)
  return html`<div class="bar" ?data-scarce=${share >= scarce}>
    <span>${name}</span> <span>${told}</span>
    <div class="track" aria-hidden="true">
      <div .style=${`width: ${(share * 100).toFixed(1)}%`}></div>
    </div>
  </div>`
}

const gib = (mib: number) => `${(mib / 1024).toFixed(mib < 102_400 ? 1 : 0)} GiB`
