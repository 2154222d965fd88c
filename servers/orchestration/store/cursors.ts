import type { Reader, Writer } from '../../kit/sql.ts'

/** The last event that a follower of the stream is done with, 0 before its first. */
export const readCursor = async (reader: Reader, name: string): Promise<number> =>
  (await reader.get<{ seq: number }>('SELECT seq FROM cursors WHERE name = :name', { name }))
    ?.seq ?? 0

export const saveCursor = (writer: Writer, name: string, seq: number): Promise<unknown> =>
  writer.transaction((tx) =>
    tx.run(
      `INSERT INTO cursors (name, seq) VALUES (:name, :seq)
       ON CONFLICT (name) DO UPDATE SET seq = :seq`,
      { name, seq },
    ),
  )
