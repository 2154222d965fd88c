import Database from 'better-sqlite3'
import { HubError } from '../../schemas/errors.ts'

/** What SQLite says of the disk, as an error that a caller can act on; everything else unchanged. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  if (isDiskFull(error)) {
    return new HubError('exhausted', 'the disk that holds the data directory is full', {
      hint: 'Free some space and send the same call again; nothing acknowledged was lost.',
      cause: error,
    })
  }
  if (isDamage(error)) {
    return new HubError('unavailable', 'the store is damaged', {
      hint: 'Stop the hub; `switchyard doctor` says what can be saved.',
      cause: error,
    })
  }
  if (error.code.startsWith('SQLITE_IOERR') || error.code === 'SQLITE_BUSY') {
    return new HubError('unavailable', 'the store could not write', {
      hint: 'The outcome is unknown: send the same call again with the same idempotency key.',
      cause: error,
    })
  }
  return error
}

/** What went wrong with opening a store, as one line that says which command helps. */
export function asOpenError(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  const cause = { cause: error }
  if (isDiskFull(error))
    return new HubError(
      'exhausted',
      `the disk that holds ${file} is full: free some space and start again; nothing was lost`,
      cause,
    )
  if (error.code === 'SQLITE_NOTADB')
    return new HubError(
      'unavailable',
      `${file} is not a database: bring a backup back with \`switchyard restore FILE --force\`, or look with \`switchyard doctor\``,
      cause,
    )
  if (isDamage(error))
    return new HubError(
      'unavailable',
      `${file} is damaged (${error.message}): \`switchyard doctor\` says what can be saved, \`switchyard restore FILE --force\` brings a backup back`,
      cause,
    )
  return new HubError('unavailable', `${file} cannot be opened: ${error.message}`, {
    hint: '`switchyard doctor` looks at the disk and the permissions.',
    ...cause,
  })
}

/** Whether the disk had no room; SQLite also says so by other codes. */
export const isDiskFull = (error: unknown): boolean =>
  error instanceof Database.SqliteError &&
  (error.code === 'SQLITE_FULL' || error.message.includes('disk is full'))

/** Whether what is read cannot have been written by SQLite. */
export const isDamage = (error: unknown): boolean =>
  error instanceof Database.SqliteError &&
  (error.code.startsWith('SQLITE_CORRUPT') ||
    error.code === 'SQLITE_NOTADB' ||
    error.code === 'SQLITE_IOERR_SHORT_READ' ||
    error.message.startsWith('malformed database schema'))
