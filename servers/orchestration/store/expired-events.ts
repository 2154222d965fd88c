import type { Reader, Transaction } from '../../kit/sql.ts'

// What retention removes of the table `events`: only its beginning, and nothing that anybody of the
// hub has still to read.

/** The last of the `count` events after `after` that are older than `before`, none younger between. */
export async function lastEventBefore(
  reader: Reader,
  { before, after, count }: { before: number; after: number; count: number },
): Promise<number | undefined> {
  const rows = await reader.all<{ seq: number; at: number }>(
    'SELECT seq, at FROM events WHERE seq > :after ORDER BY seq LIMIT :count',
    { after, count },
  )
  const younger = rows.findIndex(({ at }) => at >= before)
  return (younger < 0 ? rows.at(-1) : rows[younger - 1])?.seq
}

/** The event up to which every follower of the stream is done; 0 while one has not begun. */
export const readByAll = async (reader: Reader): Promise<number> =>
  (
    await reader.get<{ seq: number | null }>(
      `SELECT min(seq) AS seq FROM
         (SELECT seq FROM cursors UNION ALL SELECT seq - 1 AS seq FROM deferred_events) AS done`,
    )
  )?.seq ?? 0

/** Removes some events up to a number, the oldest first, and returns how many. */
export const dropEvents = (tx: Transaction, through: number, count: number): Promise<number> =>
  tx.run(
    `DELETE FROM events WHERE seq IN
       (SELECT seq FROM events WHERE seq <= :through ORDER BY seq LIMIT :count)`,
    { through, count },
  )
