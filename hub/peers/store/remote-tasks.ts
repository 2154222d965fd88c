import type { Reader, Row, Transaction, Writer } from '../../../servers/kit/sql.ts'
import { newId } from '../../../servers/kit/ids.ts'
import { isPeer } from './peers.ts'

/** A task that a peer carries out for this hub, as it is followed. */
export type RemoteTask = Row & {
  /** Also the name of the agent that holds the lease. */
  id: string
  task: string
  peer: string
  state: 'assigned' | 'in_review' | 'canceling'
  attempt: number
  remote_task: string | null
  log_from: number
  own_chunks: number
  note: string | null
  note_at: number | null
  message: number
  assigned_at: number
}

/** Wakes the controller that follows these tasks. */
export const remoteTopic = 'remote-tasks'

/**
 * Gives a queued task to a peer; one that is assigned already stays so. What the same peer proposed before
 * goes on there. A peer that was removed since it was chosen is given nothing.
 */
export function assignRemoteTask(
  writer: Writer,
  { task, peer }: { task: string; peer: string },
): Promise<void> {
  return writer.transaction(async (tx) => {
    if (!(await isPeer(tx, peer))) return
    tx.wake(remoteTopic)
    const again = await tx.run(
      `UPDATE remote_tasks SET state = 'assigned' WHERE task = :task AND peer = :peer AND state = 'in_review'`,
      { task, peer },
    )
    if (again > 0) return
    await tx.run(
      `UPDATE remote_tasks SET state = 'canceling' WHERE task = :task AND state = 'in_review'`,
      { task },
    )
    await tx.run(
      `INSERT INTO remote_tasks (id, task, peer, state, attempt, remote_task, log_from, own_chunks, message, assigned_at)
       VALUES (:id, :task, :peer, 'assigned', 0, NULL, 0, 0, 0, :now)
       ON CONFLICT DO NOTHING`,
      { id: newId(`peer-${peer.replaceAll('_', '-')}`, tx.now), task, peer, now: tx.now },
    )
  })
}

/** Those in a state, the longest assigned first. */
export const listRemoteTasks = (
  reader: Reader,
  state: RemoteTask['state'],
  limit: number,
): Promise<RemoteTask[]> =>
  reader.all<RemoteTask>(
    'SELECT * FROM remote_tasks WHERE state = :state ORDER BY assigned_at, id LIMIT :limit',
    { state, limit },
  )

/** The peer on which a task's proposal stands, if it is one's. */
export const readReviewingPeer = async (
  reader: Reader,
  task: string,
): Promise<string | undefined> =>
  (
    await reader.get<{ peer: string }>(
      // Rows of peers that were removed long ago are followed by nobody.
      `SELECT peer FROM remote_tasks WHERE task = :task AND state = 'in_review'
         AND peer IN (SELECT name FROM peers)`,
      { task },
    )
  )?.peer

/** Keeps how far it is followed; false once it is followed no more, as its peer was removed. */
export const saveRemoteTask = (writer: Writer, row: RemoteTask): Promise<boolean> =>
  writer.transaction(async (tx) => (await save(tx, row)) > 0)

const save = (tx: Transaction, row: RemoteTask): Promise<number> =>
  tx.run(
    `UPDATE remote_tasks SET state = :state, attempt = :attempt, remote_task = :remote_task,
       log_from = :log_from, own_chunks = :own_chunks, note = :note, note_at = :note_at, message = :message
     WHERE id = :id`,
    row,
  )

/** Forgets all that a peer was given, and returns it. */
export const takeRemoteTasks = (tx: Transaction, peer: string): Promise<RemoteTask[]> =>
  tx.all<RemoteTask>('DELETE FROM remote_tasks WHERE peer = :peer RETURNING *', { peer })

/** Forgets it, since nothing here or there waits for the other. */
export const removeRemoteTask = (writer: Writer, id: string): Promise<void> =>
  writer.transaction(async (tx) => {
    await tx.run('DELETE FROM remote_tasks WHERE id = :id', { id })
  })

/** Has the peer told to stop, however long it takes to reach it. */
export const cancelRemoteTask = (writer: Writer, row: RemoteTask): Promise<void> =>
  writer.transaction(async (tx) => {
    row.state = 'canceling'
    await save(tx, row)
    tx.wake(remoteTopic)
  })
