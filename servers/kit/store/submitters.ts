import { Principal } from '../../../schemas/principal.ts'
import type { Submitter } from '../clusters.ts'
import type { Reader, Row } from '../sql.ts'

/** Keeps on whose authority a task runs, or work on a change that was taken in, in its transaction. */
export const recordSubmitter = <Done>(
  tx: { insert(table: string, row: Row): Done },
  task: string,
  principal: Principal,
): Done => tx.insert('task_submitters', { task, principal: JSON.stringify(principal) })

/** Who submitted a task, with the roles of that moment. */
export async function readSubmitter(reader: Reader, task: string): Promise<Submitter> {
  const row = await reader.get<{ principal: string }>(
    'SELECT principal FROM task_submitters WHERE task = :task',
    { task },
  )
  return row === undefined ? 'unknown' : Principal.parse(JSON.parse(row.principal))
}
