import type { Pod } from '../../schemas/cluster.ts'
import type { Principal } from '../../schemas/principal.ts'
import { approvals } from './approvals.ts'
import type { ControllerContext, ControllerParts } from './context.ts'
import { guarded } from './context.ts'
import { budgets } from './budgets.ts'
import { capacity } from './capacity.ts'
import { dispatch } from './dispatch.ts'
import { incoming } from './incoming.ts'
import { knowledge } from './knowledge.ts'
import { lease } from './lease.ts'
import { plans } from './plans.ts'
import { livePods } from './pods.ts'
import { reconcile } from './reconcile.ts'
import { remoteTasks } from './remote-tasks.ts'
import { retention } from './retention.ts'
import { review } from './review.ts'
import { sources } from './sources.ts'
import { triggers } from './triggers.ts'

/**
 * Controllers carry work across servers. Each reads the durable event stream from its own cursor
 * and makes ordinary tool calls as a service principal, so what it does is policed and audited, and
 * a crash between two steps is picked up where it stopped.
 */
export function startControllers(parts: ControllerParts): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const context = (name: string): ControllerContext => {
    const principal: Principal = {
      kind: 'service',
      id: `controller-${name}`,
      roles: ['controller'],
      orgs: ['*'],
    }
    return {
      ...parts,
      signal: stopping.signal,
      // The tools' output schemas state what comes back.
      call: async <T>(tool: string, args: Record<string, unknown>, signal?: AbortSignal) =>
        (await parts.call(principal, tool, args, signal)) as T,
      askPeer: parts.peers.ask,
      callPeer: (peer, tool, args, signal) => parts.peers.call(principal, peer, tool, args, signal),
    }
  }
  const run = async (): Promise<void> => {
    await guarded(parts, 'reconcile', () => reconcile(context('reconcile')))
    if (stopping.signal.aborted) return
    const dispatching = parts.config().dispatch === 'off' ? [] : [dispatch(context('dispatch'))]
    await Promise.all([
      ...dispatching,
      lease(context('lease')),
      approvals(context('approvals')),
      remoteTasks(context('remote-tasks')),
      review(context('review')),
      knowledge(context('knowledge')),
      plans(context('plans')),
      incoming(context('incoming')),
      sources(context('sources')),
      retention(context('retention')),
      capacity({ ...context('capacity'), clusters: parts.clusters }),
      budgets({ ...context('budgets'), callAs: parts.call }),
      triggers({ ...context('triggers'), callAs: parts.call }),
    ])
  }
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
      await stopPods(context('drain'))
    },
  }
}

/** Pods get a moment to hand their leases back; the hub still takes agents' calls while it drains. */
async function stopPods(context: ControllerContext): Promise<void> {
  const graceMs = Math.min(5000, context.config().drainMs)
  const reason = 'the hub was stopped'
  const stop = async ({ id: pod, task }: Pod): Promise<void> => {
    await context.call('pod_delete', { pod, grace_ms: graceMs, reason })
    // Nobody has failed, and whoever reads the task sees why its attempt ended.
    if (task !== undefined) await context.call('task_reap', { task, pod, reason, evicted: true })
  }
  const pods = await livePods(context)
  await Promise.all(pods.map((pod) => guarded(context, 'drain', () => stop(pod))))
}
