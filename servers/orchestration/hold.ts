import { z } from 'zod'
import { Task } from '../../schemas/task.ts'
import { defineTool } from '../kit/tool.ts'
import { toTask } from './store/task-row.ts'
import { freeTask, holdTask } from './store/queue.ts'
import { findTask } from './store/tasks.ts'

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
    ctx.transaction(async (tx) => {
      const row = await findTask(ctx, tx, task)
      tx.about(task)
      const isHeld = await holdTask(tx, row, reason)
      return toTask(isHeld ? { ...row, pending_reason: reason } : row)
    }),
})

export const taskFree = defineTool({
  name: 'task_free',
  title: 'Let others take a task',
  description:
    'Lets a queued task be taken by others than the agent, cluster or hub that it names, which is away; its other requirements stay. Called by the dispatcher.',
  effect: 'update',
  scope: 'system',
  idempotent: true,
  input: {
    task: z.string().max(60).describe('Task that waits for somebody who is away'),
    reason: z.string().min(1).max(2000).describe('Who is away, for the record'),
  },
  output: Task,
  run: ({ task, reason }, ctx) =>
    ctx.transaction(async (tx) => {
      await freeTask(tx, await findTask(ctx, tx, task), reason)
      tx.about(task)
      return toTask(await findTask(ctx, tx, task))
    }),
})
