import type { Principal } from '../../schemas/principal.ts'
import type { CallOptions } from '../call.ts'
import { callTool } from '../call.ts'
import type { Hub } from '../hub.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { dispatch } from './dispatch.ts'
import { knowledge } from './knowledge.ts'
import { lease } from './lease.ts'
import { reconcile } from './reconcile.ts'
import { retention } from './retention.ts'
import { review } from './review.ts'
import { sources } from './sources.ts'

/**
 * Controllers carry work across servers. Each reads the durable event stream from its own cursor
 * and makes ordinary tool calls as a service principal, so what it does is policed and audited, and
 * a crash between two steps is picked up where it stopped.
 */
export function startControllers(hub: Hub): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const context = (name: string): ControllerContext => {
    const principal: Principal = {
      kind: 'service',
      id: `controller-${name}`,
      roles: ['controller'],
      orgs: ['*'],
    }
    return {
      hub,
      signal: stopping.signal,
      // The tools' output schemas state what comes back.
      call: async <T>(tool: string, args: Record<string, unknown>, options?: CallOptions) =>
        (await callTool(hub, principal, tool, args, options)) as T,
    }
  }
  const run = async (): Promise<void> => {
    await guarded(hub, 'reconcile', () => reconcile(context('reconcile')))
    if (stopping.signal.aborted) return
    const dispatching = hub.config().dispatch === 'off' ? [] : [dispatch(context('dispatch'))]
    await Promise.all([
      ...dispatching,
      lease(context('lease')),
      review(context('review')),
      knowledge(context('knowledge')),
      sources(context('sources')),
      retention({ ...context('retention'), ...partsOf(hub) }),
    ])
  }
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
      await stopPods(hub, context('drain'))
    },
  }
}

const partsOf = ({ store, config, clock, log, dataDir }: Hub) => ({
  store,
  config,
  clock,
  log,
  dataDir,
})

/** Pods get a moment to hand their leases back; the hub still takes agents' calls while it drains. */
async function stopPods(hub: Hub, { call }: ControllerContext): Promise<void> {
  const pods = hub.store.all<{ id: string }>('SELECT id FROM pods WHERE ended_at IS NULL')
  const graceMs = Math.min(5000, hub.config().drainMs)
  await Promise.all(
    pods.map(({ id }) =>
      guarded(hub, 'drain', () =>
        call('pod_delete', { pod: id, grace_ms: graceMs, reason: 'the hub shuts down' }),
      ),
    ),
  )
}
