import type { Capacity } from '../../schemas/cluster.ts'
import { Resources } from '../../schemas/task.ts'
import type { Placeable } from '../kit/carriers.ts'
import type { Context } from '../kit/context.ts'
import { podRunners } from './placement.ts'
import type { Load } from './promised.ts'
import { Promised } from './promised.ts'
import type { QuotaUse } from './quota-rules.ts'
import { countsUse, overQuota, quotaOf, quotaUse } from './quota-rules.ts'
import type { Occupied } from './store/occupied.ts'
import type { PodRow } from './store/pods.ts'
import { readSetQuota } from './store/quotas.ts'
import { listWarmPods, readKeeper } from './store/warm-pods.ts'
import { warmOf } from './warm.ts'

type Asked = Pick<Placeable, 'org' | 'resources' | 'needs' | 'task' | 'template' | 'repo'>

/** What is asked of each node, but for what lives at the moment of the decision. */
export async function requestOf(ctx: Context, asked: Asked) {
  const { org, resources, needs, task, template, repo } = asked
  const [set, pods, keeper] = await Promise.all([
    readSetQuota(ctx.reader, org),
    listWarmPods(ctx.reader, org),
    task === undefined ? undefined : readKeeper(ctx.reader, task),
  ])
  const limits = quotaOf(ctx.config.file, org, set)
  return {
    resources,
    needs,
    org,
    task,
    runners: podRunners(ctx.config),
    limit: limits.pods ?? Infinity,
    countsUse: countsUse(limits),
    warm: warmOf(pods, { keeper, repo }),
    over: (use: QuotaUse) => overQuota(limits, use, { resources, template }),
  }
}

/** What would stand against a pod if some others had ended. */
export function occupiedWithout(
  { promised, orgPods, use, ...occupied }: Occupied,
  org: string,
  gone: PodRow[],
): Occupied {
  for (const { cluster, node, resources } of gone)
    promised.count(cluster, node, Resources.parse(JSON.parse(resources)), -1)
  const own = quotaUse(gone.filter((pod) => pod.org === org))
  return {
    ...occupied,
    promised,
    orgPods: orgPods - own.pods,
    use: use && {
      pods: use.pods - own.pods,
      cpus: use.cpus - own.cpus,
      memoryMb: use.memoryMb - own.memoryMb,
      gpus: use.gpus - own.gpus,
      templates: Object.fromEntries(
        Object.entries(use.templates).map(([name, n]) => [name, n - (own.templates[name] ?? 0)]),
      ),
    },
  }
}

/** Nodes as they were if some pods had ended. What a machine shares freely is not known to become free. */
export function withoutPods(nodes: Capacity[], gone: PodRow[]): Capacity[] {
  if (gone.length === 0) return nodes
  const loads = new Promised()
  for (const { cluster, node, resources } of gone)
    loads.count(cluster, node, Resources.parse(JSON.parse(resources)))
  return nodes.map((capacity) => {
    const { cluster, node, cpus, memoryMb } = capacity
    const load = loads.on(cluster, node)
    if (load.pods === 0) return capacity
    const less = withoutLoad(capacity, load)
    if (cpus.firm === true) return less
    return { ...less, memoryMb: { ...less.memoryMb, available: memoryMb.available } }
  })
}

/** A node as it would be without what it promised to some pods, if they use all of that. */
export function withoutLoad(capacity: Capacity, load: Load): Capacity {
  const { cpus, memoryMb, pods, gpusPromised } = capacity
  const less = (value: number, by: number) => Math.max(0, value - by)
  return {
    ...capacity,
    cpus: { ...cpus, promised: less(cpus.promised, load.cpus) },
    memoryMb: {
      ...memoryMb,
      promised: less(memoryMb.promised, load.memoryMb),
      available: Math.min(memoryMb.total, memoryMb.available + load.memoryMb),
    },
    ...(gpusPromised === undefined ? {} : { gpusPromised: less(gpusPromised, load.gpus) }),
    pods: { ...pods, live: less(pods.live, load.pods) },
  }
}
