import type { Reader, Transaction } from '../../kit/sql.ts'

export type Message = { seq: number; author: string; body: string }

/** Leaves a message for the agents of a task and returns its number. */
export async function addMessage(
  tx: Transaction,
  message: { task: string; author: string; body: string },
): Promise<number> {
  const row = await tx.get<{ seq: number }>(
    'INSERT INTO messages (task, author, body, at) VALUES (:task, :author, :body, :at) RETURNING seq',
    { ...message, at: tx.now },
  )
  return row!.seq // RETURNING gives the row that was added.
}

/** The next messages of a task after a number. */
export const listMessages = (reader: Reader, task: string, after: number): Promise<Message[]> =>
  reader.all<Message>(
    'SELECT seq, author, body FROM messages WHERE task = :task AND seq > :after ORDER BY seq LIMIT 20',
    { task, after },
  )
