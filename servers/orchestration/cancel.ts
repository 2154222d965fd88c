import { z } from 'zod'
import { Task } from '../../schemas/task.ts'
import type { Transaction } from '../kit/sql.ts'
import { defineTool } from '../kit/tool.ts'
import { endAttempt } from './store/attempts.ts'
import { listLiveDescendants } from './store/task-family.ts'
import type { TaskRow } from './store/task-row.ts'
import { toTask } from './store/task-row.ts'
import { findRelated, moveTask } from './store/tasks.ts'

export const taskCancel = defineTool({
  name: 'task_cancel',
  title: 'Cancel a task',
  description:
    'Stops a task for good, with the tasks that its agent submitted, and ends their processes. Use task_retry instead to have it tried again, and plan_cancel for a plan.',
  effect: 'update',
  scope: 'task:write',
  idempotent: true,
  input: {
    task: z.string().max(60).describe('Task id, as task_submit and task_list return it'),
    reason: z.string().max(500).optional().describe('Why, for the record'),
  },
  output: Task,
  run: ({ task, reason }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await findRelated(ctx, tx, task)
      ctx.ensure('task.cancel', { task })
      if (row.state === 'canceled') return toTask(row)
      return toTask(await cancelTree(tx, row, reason ?? `canceled by ${ctx.principal.id}`))
    }),
})

/** Cancels a task and all that it had others do. */
export async function cancelTree(tx: Transaction, row: TaskRow, message: string): Promise<TaskRow> {
  const canceled = await cancelOne(tx, row, message)
  for (const below of await listLiveDescendants(tx, row.id)) await cancelOne(tx, below, message)
  tx.about(row.id)
  return canceled
}

async function cancelOne(tx: Transaction, row: TaskRow, message: string): Promise<TaskRow> {
  await endAttempt(tx, row.id, 'canceled')
  return moveTask(tx, row, 'cancel', { failure: { code: 'canceled', message } })
}
