import { z } from 'zod'
import { Pod } from '../../schemas/cluster.ts'
import type { Context } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { markEvicting } from './store/pod-moves.ts'
import type { PodRow } from './store/pods.ts'
import { findPod, toPod } from './store/pods.ts'

export const podEvict = defineTool({
  name: 'pod_evict',
  title: 'Evict a pod',
  description:
    'Moves a pod away: it ends, and its task goes back to the queue without a failure, to go on elsewhere on the same branch. Use pod_delete to end it for good, node_drain for all pods of a node.',
  effect: 'destroy',
  scope: 'cluster:write',
  idempotent: true,
  input: {
    pod: z.string().max(60).describe('Pod id'),
    grace_ms: z.int().min(0).max(60_000).default(10_000).describe('Time to end by itself'),
    reason: z.string().min(1).max(500).describe('Why, for the record of its task'),
  },
  output: Pod,
  run: async ({ pod, grace_ms: graceMs, reason }, ctx) => {
    const row = await findPod(ctx, pod)
    if (row.ended_at === null) await evict(ctx, row, { graceMs, reason })
    return toPod(await findPod(ctx, pod))
  },
})

/** Has a pod end as one that is to run elsewhere. Where its cluster refuses that, it stays as it was. */
export async function evict(
  ctx: Context,
  { id, cluster, state }: PodRow,
  { graceMs, reason }: { graceMs: number; reason: string },
): Promise<void> {
  const driver = ctx.clusters.get(cluster)
  await markEvicting(ctx, id, { reason, state: 'stopping' })
  const said = `evicted: ${reason}`
  try {
    await (driver.evict?.(id, graceMs, said) ?? driver.stop(id, graceMs, said))
  } catch (error) {
    await markEvicting(ctx, id, { reason: null, state })
    throw error
  }
}
