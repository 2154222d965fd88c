import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { HubError } from '../../schemas/errors.ts'
import { migrate } from './migrate.ts'
import { asOpenError } from './store-errors.ts'

/** The log is copied into the database after so many pages of 4 KiB; each time halts the hub for some ms. */
const logPages = 4096

/** Opens the writing connection of a store, made or brought forward where that is needed. */
export function openStore(file: string): Database.Database {
  assertNotEmptied(file)
  let db: Database.Database | undefined
  try {
    db = new Database(file)
    db.pragma('journal_mode = WAL')
    db.pragma(`wal_autocheckpoint = ${logPages}`)
    db.pragma('temp_store = MEMORY')
    // A migration that a power failure takes back is made again; nobody waits for the disk each time.
    db.pragma('synchronous = NORMAL')
    // A migration may make a table anew that others refer to.
    db.pragma('foreign_keys = OFF')
    migrate(db)
    db.pragma('foreign_keys = ON')
    db.pragma('synchronous = FULL')
    return db
  } catch (error) {
    db?.close()
    throw asOpenError(error, file)
  }
}

/** SQLite takes a file of no bytes for a new database, which would hide that all was lost. */
function assertNotEmptied(file: string): void {
  const isUsed = existsSync(join(dirname(file), 'token')) // Made after the store, at the first start.
  if (!isUsed || !existsSync(file) || statSync(file).size > 0) return
  throw new HubError(
    'unavailable',
    `${file} is empty: bring a backup back with \`switchyard restore FILE --force\`, or delete it to begin anew`,
  )
}
