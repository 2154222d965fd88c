import { z } from 'zod'
import { Task } from '../../schemas/task.ts'
import { defineTool } from '../kit/tool.ts'
import { findTask, toTask } from './task-rows.ts'

export const taskHold = defineTool({
  name: 'task_hold',
  title: 'Say why a task waits',
  description:
    'Keeps on a queued task why no agent was started for it, for people to see; the next change of its state removes it. Called by the dispatcher.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    task: z.string().max(60).describe('Task that stays queued'),
    reason: z.string().min(1).max(2000).describe('Why, and what to do about it'),
  },
  output: Task,
  run: ({ task, reason }, ctx) =>
    ctx.write((tx) => {
      const row = findTask(ctx, tx, task)
      tx.about(task)
      if (row.state !== 'queued' || row.pending_reason === reason) return toTask(row)
      tx.run('UPDATE tasks SET pending_reason = :reason WHERE id = :task', { task, reason })
      tx.event({ kind: 'task.held', org: row.org, subject: task, task, data: { reason } })
      return toTask({ ...row, pending_reason: reason })
    }),
})
