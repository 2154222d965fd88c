import type { TaskFailure, TaskResult } from '../../schemas/task.ts'
import type { Transaction } from '../kit/sql.ts'
import { retryDecision } from './state.ts'
import type { TaskRow } from './store/task-row.ts'
import { moveTask } from './store/tasks.ts'

type Failed = {
  failure: TaskFailure | undefined
  result?: TaskResult | undefined
  retryable: boolean
}

/** Counts a failed attempt; another one follows where the policy says so. */
export async function failOrRetry(
  tx: Transaction,
  row: TaskRow,
  { failure, result, retryable }: Failed,
): Promise<TaskRow> {
  const counted = { ...row, failures: row.failures + 1 }
  const decision = retryDecision({
    lost: false,
    retryable,
    failures: counted.failures,
    attempts: counted.attempts,
    maxAttempts: counted.max_attempts,
  })
  const patch = { ...(failure ? { failure } : {}), ...(result ? { result } : {}) }
  if (!decision.retry) return moveTask(tx, counted, 'fail', patch)
  const notBeforeAt = tx.now + decision.delayMs
  return moveTask(tx, counted, 'requeue', { ...patch, notBeforeAt, data: { retryAt: notBeforeAt } })
}
