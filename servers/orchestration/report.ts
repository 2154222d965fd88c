import { hash } from 'node:crypto'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Task, TaskFailure, TaskResult } from '../../schemas/task.ts'
import { defineTool } from '../kit/tool.ts'
import type { Context } from '../kit/context.ts'
import type { Tx } from '../kit/tx.ts'
import type { AttemptRow } from './attempt-rows.ts'
import { requireLease } from './attempt-rows.ts'
import { retryDecision } from './state.ts'
import type { TaskRow } from './task-rows.ts'
import { endAttempt, findTask, moveTask, toTask } from './task-rows.ts'

const Outcome = z.enum(['succeeded', 'proposed', 'failed'])

export const taskReport = defineTool({
  name: 'task_report',
  title: 'Report the outcome',
  description:
    'Ends an attempt: succeeded, proposed (a change waits for review) or failed. A failure is retried when it is retryable and attempts are left. Sending the same report again changes nothing.',
  effect: 'update',
  scope: 'task:work',
  idempotent: true,
  input: {
    task: z.string().max(60).describe('Task the report is about'),
    fence: z.int().describe('Fencing number that task_claim returned'),
    outcome: Outcome.describe('How the attempt ended'),
    result: TaskResult.optional().describe('What came out; required unless it failed'),
    failure: TaskFailure.optional().describe('What went wrong; required when it failed'),
    retryable: z.boolean().default(false).describe('Whether another attempt could succeed'),
  },
  output: Task,
  run: (input, ctx) => {
    const { task, fence, outcome, result, failure, retryable } = input
    if (outcome === 'failed' ? !failure : !result) {
      throw new HubError(
        'invalid',
        `a ${outcome} report needs \`${outcome === 'failed' ? 'failure' : 'result'}\``,
      )
    }
    const digest = hash('sha256', JSON.stringify({ outcome, result, failure, retryable }))
    return ctx.write((tx) => {
      const row = findTask(ctx, tx, task)
      if (wasReported(tx, task, fence, digest)) return toTask(row)
      const attempt = requireLease(tx, task, fence)
      const ended = outcome === 'failed' ? 'failed' : 'succeeded'
      // The credential outlives the lease by a minute, so that a report whose answer was lost can
      // be sent again; the hub accepts nothing else from it.
      endAttempt(tx, task, ended, { failure, reportDigest: digest, graceMs: 60_000 })
      const with_ = {
        ...(result ? { result } : {}),
        data: { attempt: attempt.id, number: attempt.number },
      }
      // A task may be reported before its first heartbeat arrived.
      const running = row.state === 'leased' ? moveTask(tx, row, 'start') : row
      if (outcome === 'succeeded') return toTask(moveTask(tx, running, 'succeed', with_))
      if (outcome === 'proposed') return toTask(moveTask(tx, running, 'propose', with_))
      return toTask(settleFailure(tx, running, { failure, result, retryable }))
    })
  },
})

export const taskSettle = defineTool({
  name: 'task_settle',
  title: 'Settle a task',
  description:
    'Ends or returns a task that no agent holds: a merged or closed change ends its review, requested changes send it back, a pod that cannot start fails it. Called by controllers.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    task: z.string().max(60).describe('Task to settle'),
    event: z
      .enum(['merged', 'closed', 'changes_requested', 'unstartable'])
      .describe('What happened'),
    message: z.string().max(8000).default('').describe('Details for the record'),
  },
  output: Task,
  run: ({ task, event, message }, ctx) =>
    ctx.write((tx) => toTask(settle(ctx, tx, findTask(ctx, tx, task), event, message))),
})

function settle(_ctx: Context, tx: Tx, row: TaskRow, event: string, message: string): TaskRow {
  tx.about(row.id)
  const expected = event === 'unstartable' ? 'queued' : 'in_review'
  if (row.state !== expected) return row // Already settled, or the next attempt is under way.
  switch (event) {
    case 'merged':
      return moveTask(tx, row, 'succeed')
    case 'closed':
      return moveTask(tx, row, 'cancel', { failure: { code: 'closed', message } })
    case 'changes_requested':
      return moveTask(tx, row, 'requeue', {
        notBeforeAt: tx.now,
        data: { reason: 'changes requested' },
      })
    default:
      return moveTask(tx, row, 'fail', { failure: { code: 'unstartable', message } })
  }
}

type Failed = {
  failure: TaskFailure | undefined
  result: TaskResult | undefined
  retryable: boolean
}

function settleFailure(tx: Tx, row: TaskRow, { failure, result, retryable }: Failed): TaskRow {
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

function wasReported(tx: Tx, task: string, fence: number, digest: string): boolean {
  const attempt = tx.get<AttemptRow>(
    'SELECT * FROM attempts WHERE task = :task AND fence = :fence',
    { task, fence },
  )
  return attempt?.ended_at !== null && attempt?.report_digest === digest
}
