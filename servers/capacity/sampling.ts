import type { Capacity } from '../../schemas/cluster.ts'
import type { Amounts, Sample } from './store/samples.ts'

/** How many nodes of a cluster are kept on their own: rows stay few however many nodes there are. */
const keptNodes = 5

/** What a cluster has at one moment, and its busiest nodes. One with a single node is that node. */
export function samplesOf(cluster: string, nodes: Capacity[]): Sample[] {
  const each = nodes.map((node) => ({ node: node.node, amounts: amountsOf(node) }))
  const whole: Sample = {
    cluster,
    place: 0,
    node: '',
    nodes: nodes.length,
    amounts: sumOf(each.map(({ amounts }) => amounts)),
  }
  if (nodes.length < 2) return [whole]
  const busiest = each
    .sort((a, b) => busyness(b.amounts) - busyness(a.amounts))
    .slice(0, keptNodes)
    .map(({ node, amounts }, at) => ({ cluster, place: at + 1, node, nodes: 1, amounts }))
  return [whole, ...busiest]
}

const busyness = ({ cpus_used, cpus_requested }: Amounts): number => cpus_used ?? cpus_requested

function amountsOf({ cpus, memoryMb, diskMb, gpus, gpusPromised, pods, used }: Capacity): Amounts {
  return {
    cpus_used: used?.cpus ?? null,
    cpus_requested: cpus.promised,
    cpus_total: cpus.total,
    memory_used: used?.memoryMb ?? null,
    memory_requested: memoryMb.promised,
    memory_total: memoryMb.total,
    disk_used: used?.diskMb ?? null,
    disk_total: diskMb.total,
    gpus_requested: gpusPromised ?? null,
    gpus_total: gpus.length,
    pods_live: pods.live,
    pods_limit: pods.limit,
    queued: 0,
  }
}

export const noAmounts: Amounts = {
  cpus_used: null,
  cpus_requested: 0,
  cpus_total: 0,
  memory_used: null,
  memory_requested: 0,
  memory_total: 0,
  disk_used: null,
  disk_total: 0,
  gpus_requested: null,
  gpus_total: 0,
  pods_live: 0,
  pods_limit: 0,
  queued: 0,
}

const names = Object.keys(noAmounts) as (keyof Amounts)[] // Its own keys.

/** What is not reported stays so, unless somebody else reports it. */
export function sumOf(all: Amounts[]): Amounts {
  const sum = { ...noAmounts }
  for (const amounts of all)
    for (const name of names) {
      const value = amounts[name]
      if (value !== null) sum[name] = (sum[name] ?? 0) + value
    }
  return sum
}

/** The mean of `samples` earlier ones with one more; what one of them does not say is left to the other. */
export function withOneMore(mean: Amounts, samples: number, more: Amounts): Amounts {
  const next = { ...more }
  for (const name of names) {
    const [before, value] = [mean[name], more[name]]
    if (before === null) continue
    next[name] = value === null ? before : before + (value - before) / (samples + 1)
  }
  return next
}
