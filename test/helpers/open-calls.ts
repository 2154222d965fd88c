import { join } from 'node:path'
import Database from 'better-sqlite3'

/** How many calls a hub that runs on this data directory has on record as under way. */
export function countOpenCalls(data: string): number {
  const db = new Database(join(data, 'switchyard.db'), { readonly: true })
  try {
    return db.prepare('SELECT count(*) FROM open_calls').pluck().get() as number // A count.
  } finally {
    db.close()
  }
}
