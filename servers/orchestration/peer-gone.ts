import type { Transaction } from '../kit/sql.ts'
import { endAttempt, listAttempts, readLease } from './store/attempts.ts'
import { moveTask, readTask } from './store/tasks.ts'

/**
 * Takes a task back that a peer worked on which is a peer no more. Nobody has failed, so it is queued
 * again at no attempt's cost; a proposal that stands there can be followed no longer, and ends it.
 */
export async function takeBack(
  tx: Transaction,
  { task, peer, agent }: { task: string; peer: string; agent: string },
): Promise<void> {
  const row = await readTask(tx, task)
  if (!row) return
  const reason = `the peer ${peer} was removed`
  const [last] = await listAttempts(tx, task)
  if (row.state === 'in_review' && last?.agent === agent) {
    const message = `${reason}, and what it proposed stands there alone. task_retry does the work anew`
    await moveTask(tx, row, 'fail', { failure: { code: 'peer_removed', message } })
    return
  }
  if ((await readLease(tx, task))?.agent !== agent) return // It waits, or others have it.
  await endAttempt(tx, task, 'evicted', { failure: { code: 'evicted', message: reason } })
  await moveTask(tx, row, 'requeue', { data: { reason, evicted: true } })
}
