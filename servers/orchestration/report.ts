import { hash } from 'node:crypto'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { Task, TaskFailure, TaskResult } from '../../schemas/task.ts'
import type { Transaction } from '../kit/sql.ts'
import { defineTool } from '../kit/tool.ts'
import { failOrRetry } from './failures.ts'
import { holdForBudget, spentFailure } from './spent.ts'
import { endAttempt, requireLease, wasReported } from './store/attempts.ts'
import type { TaskRow } from './store/task-row.ts'
import { toTask } from './store/task-row.ts'
import { findTask, moveTask } from './store/tasks.ts'

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
    return ctx.transaction(async (tx) => {
      const row = await findTask(ctx, tx, task)
      if (await wasReported(tx, { task, fence, digest })) return toTask(row)
      const attempt = await requireLease(tx, task, fence)
      const ended = outcome === 'failed' ? 'failed' : 'succeeded'
      // The credential outlives the lease by a minute, so that a report whose answer was lost can
      // be sent again; the hub accepts nothing else from it.
      await endAttempt(tx, task, ended, { failure, reportDigest: digest, graceMs: 60_000 })
      // A task may be reported before its first heartbeat arrived.
      const running = row.state === 'leased' ? await moveTask(tx, row, 'start') : row
      if (outcome === 'failed') {
        const spent = await spentFailure(ctx, tx, running, { failure, retryable })
        return toTask(
          spent
            ? await holdForBudget(ctx, tx, running, spent)
            : await failOrRetry(tx, running, { failure, result, retryable }),
        )
      }
      const event = outcome === 'succeeded' ? 'succeed' : 'propose'
      const data = { attempt: attempt.id, number: attempt.number }
      return toTask(await moveTask(tx, running, event, { ...(result ? { result } : {}), data }))
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
    ctx.transaction(async (tx) =>
      toTask(await settle(tx, await findTask(ctx, tx, task), event, message)),
    ),
})

async function settle(
  tx: Transaction,
  row: TaskRow,
  event: string,
  message: string,
): Promise<TaskRow> {
  tx.about(row.id)
  const expected = event === 'unstartable' ? 'queued' : 'in_review'
  if (row.state !== expected) return row // Already settled, or the next attempt is under way.
  switch (event) {
    case 'merged':
      return moveTask(tx, row, 'succeed')
    case 'closed':
      return moveTask(tx, row, 'cancel', { failure: { code: 'closed', message } })
    case 'changes_requested':
      // What is asked for is new work: failures of the rounds before do not count against it.
      return moveTask(tx, { ...row, failures: 0 }, 'requeue', {
        notBeforeAt: tx.now,
        data: { reason: message || 'changes requested' },
      })
    default:
      return moveTask(tx, row, 'fail', { failure: { code: 'unstartable', message } })
  }
}
