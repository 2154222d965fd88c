import { z } from 'zod'
import { ClusterHistory } from '../../schemas/cluster.ts'
import { defineTool } from '../kit/tool.ts'
import { listPromised } from './store/pod-history.ts'
import type { Promised } from './store/pod-history.ts'

/** Pods that one answer counts. Of more, the answer says since when it counts all. */
const mostPods = 20_000
const hourMs = 3_600_000

export const clusterRead = defineTool({
  name: 'cluster_read',
  title: 'Read what a cluster promised',
  description:
    'Shows what the pods of a cluster, or of all, were promised in the last hours: for each span of time the most at once. Use node_list for what its machines have and use now.',
  effect: 'read',
  scope: 'cluster:read',
  input: {
    cluster: z.string().max(60).optional().describe('Only this cluster; default: all'),
    hours: z.number().min(1).max(168).default(24).describe('How far to look back'),
    spans: z.int().min(1).max(200).default(48).describe('Into how many spans to cut that time'),
  },
  output: ClusterHistory,
  run: async ({ cluster, hours, spans }, ctx) => {
    if (cluster !== undefined) ctx.clusters.get(cluster) // Refused where there is none.
    const until = ctx.now()
    const since = until - hours * hourMs
    const pods = await listPromised(ctx.reader, { since, cluster, count: mostPods })
    const oldest = pods.length < mostPods ? undefined : pods.at(-1)
    return {
      since: Math.round(Math.max(since, oldest?.createdAt ?? since)),
      items: mostAtOnce(pods, { since, until, spans }),
    }
  },
})

/** For each span the most pods, cores and memory that were promised at one instant of it. */
export function mostAtOnce(
  pods: Promised[],
  { since, until, spans }: { since: number; until: number; spans: number },
): ClusterHistory['items'] {
  const steps = pods
    .flatMap(({ createdAt, endedAt, resources }) => [
      { at: createdAt, sign: 1, ...resources },
      ...(endedAt === undefined ? [] : [{ at: endedAt, sign: -1, ...resources }]),
    ])
    .sort((a, b) => a.at - b.at || a.sign - b.sign) // What ends makes room for what begins.
  const now = { pods: 0, cpus: 0, memoryMb: 0 }
  let next = 0
  const take = (before: number, most: typeof now) => {
    for (let step = steps[next]; step && step.at < before; step = steps[++next]) {
      now.pods += step.sign
      now.cpus += step.sign * step.cpus
      now.memoryMb += step.sign * step.memoryMb
      most.pods = Math.max(most.pods, now.pods)
      most.cpus = Math.max(most.cpus, now.cpus)
      most.memoryMb = Math.max(most.memoryMb, now.memoryMb)
    }
  }
  take(since, { ...now })
  return Array.from({ length: spans }, (_, index) => {
    const end = since + ((index + 1) * (until - since)) / spans
    const most = { ...now }
    take(index === spans - 1 ? Infinity : end, most)
    // Sums of fractions of a core are off by as little as no core is ever cut.
    return { at: Math.round(end), ...most, cpus: Math.round(most.cpus * 100) / 100 }
  })
}
