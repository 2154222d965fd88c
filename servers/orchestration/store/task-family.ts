import type { TaskBudget, TaskState } from '../../../schemas/task.ts'
import type { Reader, Row, Transaction } from '../../kit/sql.ts'
import type { TaskRow } from './task-row.ts'

/** Tasks that the agent of one submitted, oldest first. */
export const listChildren = (
  reader: Reader,
  parent: string,
  limit: number,
): Promise<{ id: string; state: TaskState; title: string }[]> =>
  reader.all<Row & { id: string; state: TaskState; title: string }>(
    'SELECT id, state, title FROM tasks WHERE parent = :parent ORDER BY id LIMIT :limit',
    { parent, limit },
  )

export const countChildren = async (reader: Reader, parent: string): Promise<number> =>
  (
    await reader.get<{ count: number }>(
      'SELECT count(*) AS count FROM tasks WHERE parent = :parent',
      { parent },
    )
  )?.count ?? 0

/** What still goes on below a task, however deep. */
export const listLiveDescendants = (reader: Reader, id: string): Promise<TaskRow[]> =>
  reader.all<TaskRow>(
    `WITH RECURSIVE below (id) AS (
       SELECT id FROM tasks WHERE parent = :id
       UNION
       SELECT tasks.id FROM below CROSS JOIN tasks WHERE tasks.parent = below.id
     ) SELECT tasks.* FROM below CROSS JOIN tasks WHERE tasks.id = below.id
         AND tasks.finished_at IS NULL ORDER BY tasks.id`,
    { id },
  )

/** Changes what a task may spend. */
export async function saveBudget(
  tx: Transaction,
  { id }: TaskRow,
  budget: TaskBudget,
): Promise<void> {
  await tx.run('UPDATE tasks SET budget = :budget WHERE id = :id', {
    id,
    budget: JSON.stringify(budget),
  })
}
