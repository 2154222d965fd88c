import { HubError } from '../../schemas/errors.ts'
import { DataDirLocked, lockDataDir } from '../data-dir.ts'

/** Keeps hubs out of a data directory that is to be replaced or read as a whole; none may run there. */
export function lockStopped(dataDir: string): { release(): void } {
  try {
    return lockDataDir(dataDir)
  } catch (error) {
    if (!(error instanceof DataDirLocked)) throw error
    throw new HubError('conflict', `a hub runs on ${dataDir}`, {
      hint: 'Stop the hub first, then run this again.',
      cause: error,
    })
  }
}
