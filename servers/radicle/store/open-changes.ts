import type { Reader } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

/** When the oldest change that is still open was opened. */
export const oldestOpenChange = async (reader: Reader): Promise<number | undefined> =>
  (
    await reader.get<{ at: number | null }>(
      "SELECT min(created_at) AS at FROM changes WHERE state = 'open'",
    )
  )?.at ?? undefined

/** Those of the tasks whose change is still open. */
export async function tasksWithOpenChange(reader: Reader, tasks: string[]): Promise<Set<string>> {
  const rows = await reader.all<{ task: string }>(
    `SELECT task FROM changes WHERE state = 'open' AND task ${anyOf('tasks')}`,
    { tasks: JSON.stringify(tasks) },
  )
  return new Set(rows.map(({ task }) => task))
}

export const hasOpenChange = async (reader: Reader, repo: string): Promise<boolean> =>
  (await reader.get("SELECT id FROM changes WHERE repo = :repo AND state = 'open' LIMIT 1", {
    repo,
  })) !== undefined
