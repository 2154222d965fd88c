import type { Reader, Row, Transaction } from '../../kit/sql.ts'

export type Message = { seq: number; author: string; body: string; interrupt: boolean }

type MessageRow = Row & Omit<Message, 'interrupt'> & { interrupt: number }

/** Leaves a message for the agents of a task and returns its number. */
export async function addMessage(
  tx: Transaction,
  {
    interrupt = false,
    ...message
  }: Omit<Message, 'seq' | 'interrupt'> & {
    task: string
    interrupt?: boolean
  },
): Promise<number> {
  const row = await tx.get<{ seq: number }>(
    `INSERT INTO messages (task, author, body, interrupt, at)
     VALUES (:task, :author, :body, :interrupt, :at) RETURNING seq`,
    { ...message, interrupt: interrupt ? 1 : 0, at: tx.now },
  )
  return row!.seq // RETURNING gives the row that was added.
}

/** The next messages of a task after a number. */
export async function listMessages(
  reader: Reader,
  task: string,
  after: number,
): Promise<Message[]> {
  const rows = await reader.all<MessageRow>(
    `SELECT seq, author, body, interrupt FROM messages
     WHERE task = :task AND seq > :after ORDER BY seq LIMIT 20`,
    { task, after },
  )
  return rows.map((row) => ({ ...row, interrupt: row.interrupt === 1 }))
}
