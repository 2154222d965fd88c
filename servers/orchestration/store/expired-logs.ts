import type { Reader, Transaction } from '../../kit/sql.ts'

// What retention removes of the tables `logs` and `log_chunks`: the output of a task that is final.

export type KeptLog = {
  task: string
  org: string
  bytes: number
  submitted_at: number
  finished_at: number | null
}

/** Logs that still have their output, in the order their tasks were submitted. */
export const listKeptLogs = (reader: Reader, after: string, count: number): Promise<KeptLog[]> =>
  reader.all<KeptLog>(
    `SELECT logs.task, tasks.org, logs.bytes, tasks.submitted_at, tasks.finished_at
     FROM logs JOIN tasks ON tasks.id = logs.task
     WHERE logs.bytes > 0 AND logs.task > :after ORDER BY logs.task LIMIT :count`,
    { after, count },
  )

/** Removes some chunks of a log, the oldest first, and returns how many. */
export const dropChunks = (tx: Transaction, task: string, count: number): Promise<number> =>
  tx.run(
    `DELETE FROM log_chunks WHERE task = :task AND seq IN
       (SELECT seq FROM log_chunks WHERE task = :task ORDER BY seq LIMIT :count)`,
    { task, count },
  )

/** Leaves a log with one last chunk that says what became of the rest; readers end after it as before. */
export async function closeLog(tx: Transaction, task: string, text: string): Promise<void> {
  await tx.run(
    `INSERT INTO log_chunks (task, seq, attempt, stream, at, data)
     SELECT task, next_seq - 1, 0, 'agent', :now, :data FROM logs WHERE task = :task`,
    { task, now: tx.now, data: Buffer.from(text) },
  )
  await tx.run('UPDATE logs SET bytes = 0 WHERE task = :task', { task })
  tx.wake(`log:${task}`)
}
