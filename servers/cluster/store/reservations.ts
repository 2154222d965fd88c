import { Resources } from '../../../schemas/task.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'
import type { Load } from '../promised.ts'
import { loadOf } from '../promised.ts'
import type { PodRow } from './pods.ts'

/** A node whose room is kept for a task that waits for it. */
export type Reservation = {
  cluster: string
  node: string
  task: string
  org: string
  /** What the task will be promised there. */
  resources: Resources
}

type ReservationRow = Row & Omit<Reservation, 'resources'> & { resources: string }

/** Those that count: one of a task that was canceled or taken meanwhile keeps nobody out. */
export const readReservations = async (reader: Reader): Promise<Reservation[]> =>
  (
    await reader.all<ReservationRow>(
      `SELECT cluster, node, task, org, resources FROM reservations
       WHERE EXISTS (SELECT 1 FROM tasks WHERE tasks.id = reservations.task AND tasks.state = 'queued')
       ORDER BY reserved_at, cluster, node`,
    )
  ).map(({ resources, ...at }) => ({ ...at, resources: Resources.parse(JSON.parse(resources)) }))

/** Keeps a node for a task, in place of what was kept for it before; what no longer counts goes. */
export async function keepReservation(tx: Transaction, kept: Reservation): Promise<void> {
  const { cluster, node, task, org } = kept
  const resources = JSON.stringify(kept.resources)
  await tx.run(
    `DELETE FROM reservations WHERE task = :task OR NOT EXISTS (
       SELECT 1 FROM tasks WHERE tasks.id = reservations.task AND tasks.state = 'queued')`,
    { task },
  )
  await tx.insert('reservations', { cluster, node, task, org, resources, reserved_at: tx.now })
  await tx.event({ kind: 'node.reserved', org, subject: task, task, data: { cluster, node } })
}

/** Keeps nothing for a task any more: it has its pod, or can no longer come to its place. */
export async function dropReservation(tx: Transaction, task: string): Promise<void> {
  await tx.run('DELETE FROM reservations WHERE task = :task', { task })
}

/** What the live pods on some nodes of clusters are promised, each as the load that it is. */
export async function listLiveOn(
  reader: Reader,
  nodes: { cluster: string; node: string }[],
): Promise<{ cluster: string; node: string; load: Load }[]> {
  if (nodes.length === 0) return []
  const rows = await reader.all<Pick<PodRow, 'cluster' | 'node' | 'resources'>>(
    `SELECT cluster, node, resources FROM pods
     WHERE ended_at IS NULL AND cluster ${anyOf('clusters')} AND node ${anyOf('nodes')}`,
    {
      clusters: JSON.stringify([...new Set(nodes.map(({ cluster }) => cluster))]),
      nodes: JSON.stringify(nodes.map(({ node }) => node)),
    },
  )
  return rows.map(({ cluster, node, resources }) => ({
    cluster,
    node,
    load: loadOf(Resources.parse(JSON.parse(resources))),
  }))
}
