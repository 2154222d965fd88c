import type { Pod } from '../../../schemas/cluster.ts'
import type { Resources } from '../../../schemas/task.ts'
import type { Writer } from '../../kit/sql.ts'
import { addLoad, dropLoad } from './node-loads.ts'
import type { PodRow } from './pods.ts'
import { announce, readPod } from './pods.ts'

// What becomes of rows of `pods` while their pods live.

/** Records that a pod's program runs, where, and with which handle. */
export function markRunning(
  writer: Writer,
  id: string,
  { node, handle }: { node: string; handle: string },
): Promise<void> {
  return writer.transaction(async (tx) => {
    const before = await readPod(tx, id)
    if (before?.state !== 'starting' && before?.state !== 'suspended') return
    const row: PodRow = { ...before, state: 'running', node, handle, reason: null }
    await tx.run(
      `UPDATE pods SET state = 'running', node = :node, handle = :handle, reason = NULL
       WHERE id = :id`,
      { id, node, handle },
    )
    if (node !== before.node) {
      await dropLoad(tx, before)
      await addLoad(tx, row)
    }
    await announce(tx, row, 'pod.running')
  })
}

/** Keeps why a pod does not run yet, and tells whoever waits for it. */
export function markWaiting(writer: Writer, id: string, reason: string): Promise<void> {
  return writer.transaction(async (tx) => {
    const changed = await tx.run(
      `UPDATE pods SET reason = :reason WHERE id = :id AND state = 'starting'`,
      { id, reason },
    )
    const row = changed > 0 ? await readPod(tx, id) : undefined
    if (row) await announce(tx, row, 'pod.waiting', { reason })
  })
}

/**
 * Records that a pod's program has ended as one that begins anew, or that it is about to. Until then no
 * credential of the program that ended is of use.
 */
export function markSuspended(writer: Writer, id: string, isSuspended: boolean): Promise<void> {
  const [from, to] = isSuspended
    ? [`('starting', 'running')`, 'suspended']
    : [`('suspended')`, 'starting']
  return writer.transaction(async (tx) => {
    const changed = await tx.run(
      `UPDATE pods SET state = :to, reason = NULL WHERE id = :id AND state IN ${from}`,
      { id, to },
    )
    const row = changed > 0 ? await readPod(tx, id) : undefined
    if (!row) return
    tx.wake('tokens')
    await announce(tx, row, isSuspended ? 'pod.suspended' : 'pod.resumed')
  })
}

/** Keeps which host a pod was kept from. */
export function recordRefusal(writer: Writer, id: string, host: string): Promise<void> {
  return writer.transaction(async (tx) => {
    const row = await readPod(tx, id)
    if (row) await announce(tx, row, 'pod.refused', { host })
  })
}

export function markStopping(writer: Writer, id: string): Promise<void> {
  return writer.transaction(async (tx) => {
    tx.about(id)
    await tx.run(`UPDATE pods SET state = 'stopping' WHERE id = :id AND ended_at IS NULL`, { id })
  })
}

/** Records that a pod is about to be moved away, or without a reason that it stays after all. */
export function markEvicting(
  writer: Writer,
  id: string,
  { reason, state }: { reason: string | null; state: Pod['state'] },
): Promise<void> {
  return writer.transaction(async (tx) => {
    tx.about(id)
    await tx.run(
      'UPDATE pods SET state = :state, evicted = :reason WHERE id = :id AND ended_at IS NULL',
      { id, state, reason },
    )
  })
}

/** Records what a pod is promised from now on. */
export const resizePod = (writer: Writer, id: string, resources: Resources): Promise<void> =>
  writer.transaction(async (tx) => {
    tx.about(id)
    const before = await readPod(tx, id)
    if (!before || before.ended_at !== null) return
    const row: PodRow = { ...before, resources: JSON.stringify(resources) }
    await tx.run('UPDATE pods SET resources = :resources WHERE id = :id', {
      id,
      resources: row.resources,
    })
    await dropLoad(tx, before)
    await addLoad(tx, row)
  })

/** Puts on record that something is about to be done to a pod that leaves its row as it is. */
export const markTouched = (writer: Writer, id: string): Promise<void> =>
  writer.transaction(async (tx) => tx.about(id))
