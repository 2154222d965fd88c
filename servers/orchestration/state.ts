import type { TaskState } from '../../schemas/task.ts'

/**
 * What can happen to a task. `requeue` covers a lost or released lease, a failure that the retry
 * policy forgives and a review that asks for changes; `propose` is success that waits for people.
 */
export type TaskEvent =
  | 'unblock'
  | 'claim'
  | 'start'
  | 'ask'
  | 'answer'
  | 'succeed'
  | 'propose'
  | 'fail'
  | 'requeue'
  | 'cancel'

// Every state lists what moves it; what is not listed cannot happen. The last three are final.
const transitions: Record<TaskState, Partial<Record<TaskEvent, TaskState>>> = {
  blocked: { unblock: 'queued', fail: 'failed', cancel: 'canceled' },
  queued: { claim: 'leased', fail: 'failed', cancel: 'canceled' },
  leased: { start: 'running', fail: 'failed', requeue: 'queued', cancel: 'canceled' },
  running: {
    ask: 'waiting',
    succeed: 'succeeded',
    propose: 'in_review',
    fail: 'failed',
    requeue: 'queued',
    cancel: 'canceled',
  },
  waiting: { answer: 'running', fail: 'failed', requeue: 'queued', cancel: 'canceled' },
  in_review: { requeue: 'queued', succeed: 'succeeded', fail: 'failed', cancel: 'canceled' },
  succeeded: {},
  failed: {},
  canceled: {},
}

/** The state after an event, or undefined when the event cannot happen in this state. */
export const transition = (state: TaskState, event: TaskEvent): TaskState | undefined =>
  transitions[state][event]

export type RetryDecision = { retry: false } | { retry: true; delayMs: number }

/**
 * Whether a failed attempt is followed by another. A lost lease (the agent vanished) is nobody's
 * verdict on the work, so it is forgiven far more often than a failure the agent reported.
 */
export function retryDecision(options: {
  lost: boolean
  retryable: boolean
  failures: number
  attempts: number
  maxAttempts: number
}): RetryDecision {
  const { lost, retryable, failures, attempts, maxAttempts } = options
  if (lost)
    return attempts < maxAttempts + maxLosses ? { retry: true, delayMs: 0 } : { retry: false }
  if (!retryable || failures >= maxAttempts) return { retry: false }
  return { retry: true, delayMs: Math.min(60_000, 1000 * 2 ** (failures - 1)) }
}

const maxLosses = 20
