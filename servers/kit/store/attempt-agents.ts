import type { Reader } from '../sql.ts'

// Reads of `attempts` who worked on a task, for servers that need to know no more of it.

/** Every agent that ever held the lease of a task. */
export async function agentsOf(reader: Reader, task: string): Promise<string[]> {
  const rows = await reader.all<{ agent: string }>(
    'SELECT DISTINCT agent FROM attempts WHERE task = :task ORDER BY agent',
    { task },
  )
  return rows.map(({ agent }) => agent)
}
