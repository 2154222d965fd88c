import Database from 'better-sqlite3'
import { HubError } from '../../schemas/errors.ts'

/** What SQLite says of the disk, as an error that a caller can act on; everything else unchanged. */
export function asStoreError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  if (error.code === 'SQLITE_FULL' || error.message.includes('disk is full')) {
    return new HubError('exhausted', 'the disk that holds the data directory is full', {
      hint: 'Free some space and send the same call again; nothing acknowledged was lost.',
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
