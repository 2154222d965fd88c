import type { TaskInput } from '../../schemas/task.ts'
import type { Context } from '../kit/context.ts'
import type { Reader } from '../kit/sql.ts'
import type { TaskRow } from './store/task-row.ts'
import { findRelated, findTask, readTask } from './store/tasks.ts'

/** A task whose artifacts the caller may read: an agent those of the tasks that left it something too. */
export async function findHanded(ctx: Context, reader: Reader, id: string): Promise<TaskRow> {
  const own = ctx.principal.task
  if (own === undefined || own === id) return findRelated(ctx, reader, id)
  const { inputs, org } = await findTask(ctx, reader, own)
  const left = JSON.parse(inputs) as TaskInput[] // Written by newTaskRow's callers.
  const row = left.some(({ task }) => task === id) ? await readTask(reader, id) : undefined
  if (row?.org === org && ctx.may('row.see', { org, task: id, isHanded: true })) return row
  return findRelated(ctx, reader, id)
}
