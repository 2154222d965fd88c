import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import { Attempt, Task, TaskState, isTerminal } from '../../schemas/task.ts'
import { orgFilter } from '../kit/context.ts'
import { listNewest } from '../kit/listing.ts'
import { defineTool } from '../kit/tool.ts'
import type { AttemptRow } from './attempt-rows.ts'
import { toAttempt } from './attempt-rows.ts'
import { assertStartable, insertTask, newRow } from './submit.ts'
import { endAttempt, findTask, moveTask, toTask } from './task-rows.ts'

const taskId = z.string().max(60).describe('Task id, as task_submit and task_list return it')

export const taskRead = defineTool({
  name: 'task_read',
  title: 'Read a task',
  description:
    'Shows one task with its attempts and result. Use task_log for its output and change_read for the change it opened.',
  effect: 'read',
  scope: 'task:read',
  input: { task: taskId },
  output: z.object({ task: Task, attempts: z.array(Attempt) }),
  run: async ({ task }, ctx) => ({
    task: toTask(findTask(ctx, ctx.store, task)),
    attempts: ctx.store
      .all<AttemptRow>('SELECT * FROM attempts WHERE task = :task ORDER BY number DESC LIMIT 20', {
        task,
      })
      .map(toAttempt),
  }),
})

export const taskList = defineTool({
  name: 'task_list',
  title: 'List tasks',
  description:
    'Lists tasks, newest first. Narrow it by state or org; use task_read for one task in full.',
  effect: 'read',
  scope: 'task:read',
  input: {
    state: TaskState.optional().describe('Only tasks in this state'),
    org: Org.optional().describe('Only this org'),
    ...pageInput,
  },
  output: page(Task),
  run: async ({ state, org, cursor, limit }, ctx) =>
    listNewest(ctx.store, {
      table: 'tasks',
      filters: { state, id: ctx.principal.task },
      orgs: orgFilter(ctx, org),
      cursor,
      limit,
      toItem: toTask,
    }),
})

export const taskWait = defineTool({
  name: 'task_wait',
  title: 'Wait for a task',
  description:
    'Returns when the task is settled (final, in review, or waiting for a person) or the time is over, whichever comes first. Call it again to keep waiting.',
  effect: 'read',
  scope: 'task:read',
  input: {
    task: taskId,
    updated_after: z.int().optional().describe('Return at any change after this `updatedAt`'),
    timeout_ms: z.int().min(0).max(50_000).default(25_000).describe('Longest wait'),
  },
  output: z.object({ task: Task, settled: z.boolean() }),
  run: async ({ task, updated_after: after, timeout_ms: timeoutMs }, ctx) => {
    const deadline = ctx.now() + timeoutMs
    for (;;) {
      const row = findTask(ctx, ctx.store, task)
      const settled = isTerminal(row.state) || row.state === 'in_review' || row.state === 'waiting'
      const done = after === undefined ? settled : row.updated_at > after
      if (done || ctx.now() >= deadline) return { task: toTask(row), settled }
      const woken = await ctx.store.topics.wait([task], deadline - ctx.now(), ctx.signal)
      if (!woken) return { task: toTask(findTask(ctx, ctx.store, task)), settled: false }
    }
  },
})

export const taskCancel = defineTool({
  name: 'task_cancel',
  title: 'Cancel a task',
  description:
    'Stops a task for good and ends its processes. Use task_retry instead to have it tried again.',
  effect: 'update',
  scope: 'task:write',
  idempotent: true,
  input: { task: taskId, reason: z.string().max(500).optional().describe('Why, for the record') },
  output: Task,
  run: ({ task, reason }, ctx) =>
    ctx.write((tx) => {
      const row = findTask(ctx, tx, task)
      if (row.state === 'canceled') return toTask(row)
      endAttempt(tx, task, 'canceled')
      const failure = { code: 'canceled', message: reason ?? `canceled by ${ctx.principal.id}` }
      return toTask(moveTask(tx, row, 'cancel', { failure }))
    }),
})

export const taskRetry = defineTool({
  name: 'task_retry',
  title: 'Retry a task',
  description:
    'Has a task tried again: one in review goes back to its branch with your message, one that waits for its next attempt starts at once, and a finished one is submitted anew as a copy.',
  effect: 'update',
  scope: 'task:write',
  input: {
    task: taskId,
    message: z
      .string()
      .max(20_000)
      .optional()
      .describe('What the next attempt should do differently'),
  },
  output: Task,
  run: async ({ task, message }, ctx) => {
    await assertStartable(ctx)
    const copyId = ctx.id('task')
    return ctx.write((tx) => {
      const row = findTask(ctx, tx, task)
      if (isTerminal(row.state)) {
        const copy = {
          ...newRow(ctx, tx, { ...row, id: copyId, retry_of: row.id, idempotency_key: null }),
        }
        insertTask(ctx, tx, copy)
        if (message) addMessage(tx, copyId, ctx.principal.id, message)
        return toTask(copy)
      }
      if (message) addMessage(tx, task, ctx.principal.id, message)
      if (row.state === 'in_review')
        return toTask(moveTask(tx, row, 'requeue', { notBeforeAt: tx.now }))
      if (row.state !== 'queued') {
        throw new HubError('conflict', `task ${task} is ${row.state} and being worked on`, {
          hint: 'Use task_message to steer it, or task_cancel first.',
        })
      }
      tx.run('UPDATE tasks SET not_before_at = 0, updated_at = :now WHERE id = :task', {
        task,
        now: tx.now,
      })
      tx.wake(`queue:${row.org}`)
      tx.about(task)
      return toTask({ ...row, not_before_at: 0, updated_at: tx.now })
    })
  },
})

export const taskMessage = defineTool({
  name: 'task_message',
  title: 'Message the agent',
  description:
    'Gives the agent of a live task a message that it reads before its next step. Use task_retry to send a task in review back with a message.',
  effect: 'update',
  scope: 'task:write',
  input: {
    task: taskId,
    body: z.string().min(1).max(20_000).describe('What the agent should know'),
  },
  output: z.object({ message: z.int() }),
  run: ({ task, body }, ctx) =>
    ctx.write((tx) => {
      const row = findTask(ctx, tx, task)
      if (isTerminal(row.state)) {
        throw new HubError(
          'conflict',
          `task ${task} is ${row.state}; nobody would read the message`,
        )
      }
      const message = addMessage(tx, task, ctx.principal.id, body)
      tx.event({ kind: 'task.message', org: row.org, subject: task, task, data: { message } })
      tx.about(task)
      return { message }
    }),
})

type MessageTx = Parameters<typeof moveTask>[0]

function addMessage(tx: MessageTx, task: string, author: string, body: string): number {
  tx.run('INSERT INTO messages (task, author, body, at) VALUES (:task, :author, :body, :at)', {
    task,
    author,
    body,
    at: tx.now,
  })
  const row = tx.get<{ seq: number }>('SELECT max(seq) AS seq FROM messages WHERE task = :task', {
    task,
  })
  return row?.seq ?? 0
}
