import { setImmediate } from 'node:timers/promises'
import type { Reader, Transaction } from '../../servers/kit/sql.ts'

/** Two rows of one number, with a turn of the event loop between them. */
export async function addPair(tx: Transaction, number: number): Promise<void> {
  await tx.insert('cursors', { name: `${number}-a`, seq: number })
  await setImmediate()
  await tx.insert('cursors', { name: `${number}-b`, seq: number })
}

/** Numbers of which both rows are there; a number with one row alone is an error. */
export async function readPairs(reader: Reader): Promise<number[]> {
  const rows = await reader.all<{ seq: number; rows: number }>(
    'SELECT seq, count(*) AS rows FROM cursors GROUP BY seq ORDER BY seq',
  )
  const half = rows.find(({ rows: count }) => count !== 2)
  if (half) throw new Error(`of ${half.seq} there are ${half.rows} rows`)
  return rows.map(({ seq }) => seq)
}
