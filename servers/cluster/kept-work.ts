import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { defineTool } from '../kit/tool.ts'
import { KubernetesDriver } from './drivers/kubernetes/kubernetes.ts'
import { markTouched } from './store/pod-moves.ts'
import { clustersOf } from './store/pods.ts'

export const workRemove = defineTool({
  name: 'work_remove',
  title: 'Remove kept work',
  description:
    'Deletes the volumes in which clusters keep the work of a task that is over. Called by a controller.',
  effect: 'destroy',
  scope: 'system',
  idempotent: true,
  input: { task: z.string().max(60).describe('Task id') },
  output: z.object({ clusters: z.array(z.string()).describe('Where there was something') }),
  run: async ({ task }, ctx) => {
    const clusters: string[] = []
    for (const { cluster, org } of await clustersOf(ctx.reader, task)) {
      const driver = ctx.clusters.list().find(({ id }) => id === cluster)
      if (!(driver instanceof KubernetesDriver)) continue
      try {
        if (await driver.premises.forgetWork(org, task)) clusters.push(cluster)
      } catch (error) {
        // A cluster that is away keeps nobody from going on; the volume goes with the registration.
        if (!(error instanceof HubError)) throw error
        ctx.log.warn({ error, cluster, task }, 'the kept work of a task stays in its cluster')
      }
    }
    if (clusters.length > 0) await markTouched(ctx, task)
    return { clusters }
  },
})
