import Database from 'better-sqlite3'
import { HubError } from '../../../schemas/errors.ts'
import { asOpenError } from '../store-errors.ts'

// What is done with a database as a file, whatever tables it has.

/** Writes a consistent, compact copy. Its writer goes on meanwhile. */
export function copyDatabase(file: string, copy: string): void {
  withDatabase(file, (db) => db.prepare('VACUUM INTO :copy').run({ copy }))
}

/** Number of the last migration that a store has. */
export const schemaOf = (file: string): number =>
  withDatabase(file, (db) => db.pragma('user_version', { simple: true }) as number) // An integer by definition.

/** Throws unless every page of a database is as SQLite writes it. */
export function assertSound(file: string): void {
  const [first] = withDatabase(
    file,
    (db) => db.pragma('integrity_check(1)', { simple: true }) as string,
  )
    .split('\n')
    .slice(0, 1)
  if (first !== 'ok') throw new HubError('invalid', `${file} is damaged: ${first ?? ''}`)
}

/** Reads with a connection of its own that is closed again. */
function withDatabase<T>(file: string, read: (db: Database.Database) => T): T {
  let db: Database.Database | undefined
  try {
    db = new Database(file, { readonly: true, fileMustExist: true })
    return read(db)
  } catch (error) {
    throw asOpenError(error, file)
  } finally {
    db?.close()
  }
}
