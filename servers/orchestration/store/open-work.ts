import type { Reader } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

/** When the oldest task that is not final was submitted, or the oldest open question was asked. */
export async function oldestOpenWork(reader: Reader): Promise<number | undefined> {
  const task = await reader.get<{ at: number | null }>(
    'SELECT min(submitted_at) AS at FROM tasks WHERE finished_at IS NULL',
  )
  const approval = await reader.get<{ at: number | null }>(
    "SELECT min(asked_at) AS at FROM approvals WHERE state = 'pending'",
  )
  return oldest([task?.at, approval?.at])
}

/** Those of the tasks that are final, with the instant when they were. */
export async function finishedTasks(reader: Reader, ids: string[]): Promise<Map<string, number>> {
  const rows = await reader.all<{ id: string; finished_at: number }>(
    `SELECT id, finished_at FROM tasks WHERE finished_at IS NOT NULL AND id ${anyOf('ids')}`,
    { ids: JSON.stringify(ids) },
  )
  return new Map(rows.map(({ id, finished_at: at }) => [id, at]))
}

const oldest = (instants: (number | null | undefined)[]): number | undefined =>
  instants.reduce<number | undefined>(
    (least, at) => (typeof at === 'number' && (least === undefined || at < least) ? at : least),
    undefined,
  )
