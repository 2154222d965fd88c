import { nextLeaseExpiry } from '../../servers/orchestration/store/attempts.ts'
import type { ControllerContext } from './context.ts'

/**
 * After a start, before anything else moves: leases get their full time again, pods that live are
 * adopted, and what belongs to nobody is ended.
 */
export async function reconcile({ store, log, call }: ControllerContext): Promise<void> {
  if ((await nextLeaseExpiry(store.reader)) !== undefined) await call('lease_grant', {})
  const { items } = await call<{ items: unknown[] }>('pod_list', { ended: true, limit: 1 })
  if (items.length === 0) return // A new data directory has nothing to compare.
  const counts = await call<{ adopted: number; ended: number; killed: number }>('pod_reconcile', {})
  log.info(counts, 'pods were reconciled')
}
