import { z } from 'zod'
import { defineTool } from '../kit/tool.ts'
import { followPod, podSpec } from './pod-start.ts'
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
      const alive = new Set<string>()
      for (const row of live.filter(({ cluster }) => cluster === driver.id)) {
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
    return counts
  },
})
