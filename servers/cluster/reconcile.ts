import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import type { ClusterDriver } from '../kit/cluster-driver.ts'
import type { Context } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { followPod, podSpec } from './pod-start.ts'
import { recountLoads } from './store/node-loads.ts'
import type { PodRow } from './store/pods.ts'
import { endPod, listLivePods } from './store/pods.ts'

export const podReconcile = defineTool({
  name: 'pod_reconcile',
  title: 'Reconcile pods',
  description:
    'Compares recorded pods with what the clusters run after a restart: adopts those that live, records those that ended, and ends what belongs to no pod. Called once at start.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {},
  output: z.object({ adopted: z.int(), ended: z.int(), killed: z.int() }),
  run: async (_input, ctx) => {
    const counts = { adopted: 0, ended: 0, killed: 0 }
    const live = await listLivePods(ctx.reader)
    // Pods of a cluster that is not registered now are left alone: nobody can say how they are.
    for (const driver of ctx.clusters.list()) {
      const rows = live.filter(({ cluster }) => cluster === driver.id)
      try {
        await reconcileCluster(ctx, driver, rows, counts)
      } catch (error) {
        // One that does not answer keeps nobody from the pods of the others.
        if (!(error instanceof HubError) || error.code !== 'unavailable') throw error
        ctx.log.warn({ error, cluster: driver.id }, 'a cluster could not be compared')
      }
    }
    await recountLoads(ctx)
    return counts
  },
})

type Counts = { adopted: number; ended: number; killed: number }

async function reconcileCluster(
  ctx: Context,
  driver: ClusterDriver,
  rows: PodRow[],
  counts: Counts,
): Promise<void> {
  const alive = new Set<string>()
  for (const row of rows) {
    const { id, handle } = row
    const accepted = handle === null ? undefined : await driver.adopt(podSpec(row), handle)
    if (accepted) {
      alive.add(id)
      counts.adopted++
      void followPod(ctx, id, accepted)
      continue
    }
    const reason =
      handle === null ? 'the hub stopped before it was started' : 'ended while the hub was down'
    await endPod(ctx, id, { exitCode: null, reason })
    counts.ended++
  }
  counts.killed += (await driver.sweep(alive)).killed
}
