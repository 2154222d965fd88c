import type { ControllerContext } from './context.ts'

/**
 * After a start, before anything else moves: leases get their full time again, pods that live are
 * adopted, and what belongs to nobody is ended.
 */
export async function reconcile({ hub, call }: ControllerContext): Promise<void> {
  const live = hub.store.get('SELECT 1 AS found FROM attempts WHERE ended_at IS NULL')
  if (live) await call('lease_grant', {})
  const pods = hub.store.get('SELECT 1 AS found FROM pods')
  if (!pods) return // A new data directory has nothing to compare.
  const counts = await call<{ adopted: number; ended: number; killed: number }>('pod_reconcile', {})
  hub.log.info(counts, 'pods were reconciled')
}
