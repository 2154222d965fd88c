import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { page, pageInput } from '../../schemas/page.ts'
import type { Principal } from '../../schemas/principal.ts'
import { Org } from '../../schemas/principal.ts'
import { Attempt, Task, TaskStage, TaskState, TaskWait, isTerminal } from '../../schemas/task.ts'
import { orgFilter } from '../kit/context.ts'
import type { Transaction } from '../kit/sql.ts'
import { defineTool } from '../kit/tool.ts'
import { listAttempts, toAttempt } from './store/attempts.ts'
import { addMessage } from './store/messages.ts'
import { listChildren } from './store/task-family.ts'
import type { TaskRow } from './store/task-row.ts'
import { newTaskRow, toTask } from './store/task-row.ts'
import { ensureQueueRoom } from './queue-room.ts'
import { makeDue } from './store/queue.ts'
import { findRelated, findTask, insertTask, listTasks, moveTask } from './store/tasks.ts'
import { assertStartable } from './submit.ts'
import { taskText, tasksText } from './texts.ts'

const shownChildren = 50
const Child = Task.pick({ id: true, state: true, title: true })
const taskId = z.string().max(60).describe('Task id, as task_submit and task_list return it')

export const taskRead = defineTool({
  name: 'task_read',
  title: 'Read a task',
  description:
    'Shows one task with its attempts, its result, and the tasks its agent submitted. Use task_log for its output and change_read for the change it opened.',
  effect: 'read',
  scope: 'task:read',
  input: { task: taskId },
  output: z.object({ task: Task, attempts: z.array(Attempt), children: z.array(Child) }),
  text: taskText,
  app: 'task',
  run: async ({ task }, ctx) => ({
    task: toTask(await findRelated(ctx, ctx.reader, task)),
    attempts: (await listAttempts(ctx.reader, task)).map(toAttempt),
    children: await listChildren(ctx.reader, task, shownChildren),
  }),
})

export const taskList = defineTool({
  name: 'task_list',
  title: 'List tasks',
  description:
    'Lists tasks, newest first. Narrow it by state, stage or what is waited for, words of the title, template, org, plan or the task that asked for them; use task_read for one task in full.',
  effect: 'read',
  scope: 'task:read',
  input: {
    state: TaskState.optional().describe('Only tasks in this state'),
    stage: TaskStage.optional().describe(
      'Only these: pending (blocked, queued), active (leased, running, waiting), review, failed, done (succeeded, canceled)',
    ),
    waiting_for: TaskWait.optional().describe(
      'Only what waits for this: an approval, input of a person, or a budget to be raised',
    ),
    text: z.string().min(1).max(200).optional().describe('Only with this in the title, or as id'),
    template: z.string().max(100).optional().describe('Only of this template'),
    org: Org.optional().describe('Only this org'),
    plan: z.string().max(60).optional().describe('Only tasks of this plan'),
    parent: z
      .string()
      .max(60)
      .optional()
      .describe('Only tasks that the agent of this one submitted'),
    ...pageInput,
  },
  output: page(Task),
  text: tasksText,
  app: 'board',
  run: ({ state, stage, waiting_for: wait, text, template, org, plan, parent, ...page }, ctx) =>
    listTasks(ctx.reader, {
      state,
      stage,
      wait,
      text,
      template,
      // An agent sees its task, and what it had others do.
      id: parent !== undefined && parent === ctx.principal.task ? undefined : ctx.principal.task,
      plan,
      parent,
      orgs: orgFilter(ctx, org),
      cursor: page.cursor,
      limit: page.limit,
    }),
})

export const taskWait = defineTool({
  name: 'task_wait',
  title: 'Wait for a task',
  description:
    'Returns when the task is settled (final, in review, or waiting for a person or budget) or the time is over. Call it again to keep waiting.',
  effect: 'read',
  scope: 'task:read',
  input: {
    task: taskId,
    updated_after: z.int().optional().describe('Return at any change after this `updatedAt`'),
    wait_ms: z.int().min(0).max(50_000).optional().describe('Longest wait; default: 25000'),
    timeout_ms: z.int().min(0).max(50_000).optional().describe('Older name of wait_ms'),
  },
  output: z.object({ task: Task, settled: z.boolean() }),
  run: async ({ task, updated_after: after, wait_ms: asked, timeout_ms: older }, ctx) => {
    if (asked !== undefined && older !== undefined)
      throw new HubError('invalid', 'timeout_ms is the older name of wait_ms: pass one of them')
    const deadline = ctx.now() + (asked ?? older ?? 25_000)
    using changes = ctx.store.topics.listen([task])
    for (;;) {
      const row = await findRelated(ctx, ctx.reader, task)
      const settled = isTerminal(row.state) || row.state === 'in_review' || row.waiting_for !== null
      const done = after === undefined ? settled : row.updated_at > after
      const left = deadline - ctx.now()
      if (done || left <= 0) return { task: toTask(row), settled }
      await changes.next(left, ctx.signal)
    }
  },
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
    const author = ctx.principal.id
    return ctx.transaction(async (tx) => {
      const row = await findTask(ctx, tx, task)
      if (isTerminal(row.state)) await ensureQueueRoom(ctx, tx, row.org)
      const next = await tryAgain(tx, row, { copyId, by: ctx.principal })
      if (message) await addMessage(tx, { task: next.id, author, body: message })
      return toTask(next)
    })
  },
})

async function tryAgain(
  tx: Transaction,
  row: TaskRow,
  { copyId, by }: { copyId: string; by: Principal },
): Promise<TaskRow> {
  if (row.state === 'queued') return makeDue(tx, row)
  if (row.state === 'in_review') return moveTask(tx, row, 'requeue', { notBeforeAt: tx.now })
  if (!isTerminal(row.state)) {
    throw new HubError('conflict', `task ${row.id} is ${row.state} and being worked on`, {
      hint: 'Use task_message to steer it, or task_cancel first.',
    })
  }
  if (row.plan !== null)
    throw new HubError('conflict', `task ${row.id} is the step ${row.step} of ${row.plan}`, {
      hint: 'plan_retry runs a step again, with what depends on it.',
    })
  const request = { ...row, id: copyId, retry_of: row.id, idempotency_key: null }
  const copy = newTaskRow(request, by.id, tx.now)
  await insertTask(tx, copy, by)
  return copy
}

export const taskMessage = defineTool({
  name: 'task_message',
  title: 'Message the agent',
  description:
    'Gives the agent of a live task a message that it reads before its next step, or the next turn of an external agent. It answers no question that the agent asked. Use task_retry to send a task in review back with a message.',
  effect: 'update',
  scope: 'task:write',
  input: {
    task: taskId,
    body: z.string().min(1).max(20_000).describe('What the agent should know'),
    interrupt: z
      .boolean()
      .default(false)
      .describe(
        'End the turn that an external agent is in, so that it reads this at once; the built-in loop reads between steps either way',
      ),
  },
  output: z.object({ message: z.int() }),
  run: ({ task, body, interrupt }, ctx) =>
    ctx.transaction(async (tx) => {
      const row = await findTask(ctx, tx, task)
      if (isTerminal(row.state)) {
        throw new HubError(
          'conflict',
          `task ${task} is ${row.state}; nobody would read the message`,
        )
      }
      const message = await addMessage(tx, { task, author: ctx.principal.id, body, interrupt })
      await tx.event({ kind: 'task.message', org: row.org, subject: task, task, data: { message } })
      tx.about(task)
      return { message }
    }),
})
