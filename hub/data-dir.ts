import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { HubError } from '../schemas/errors.ts'

/** Another hub works in the data directory. */
export class DataDirLocked extends HubError {
  constructor(dataDir: string, cause: unknown) {
    super('conflict', `another hub already runs on ${dataDir}`, {
      hint: `Its address is in ${endpointFile(dataDir)}; or pass --data with another folder.`,
      cause,
    })
  }
}

/** Makes the data directory; others on the machine have no business in it. */
export function openDataDir(path: string): string {
  const dataDir = resolve(path)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  for (const folder of ['pods', 'work', 'repos'])
    mkdirSync(join(dataDir, folder), { recursive: true })
  return dataDir
}

/**
 * Makes sure only one hub works in a data directory. The lock is an open SQLite transaction, which
 * the system releases however the process ends, so nothing stale is ever left. Throws DataDirLocked.
 */
export function lockDataDir(dataDir: string): { release(): void } {
  const lock = new Database(join(dataDir, 'lock.db'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_BUSY') throw error
    throw new DataDirLocked(dataDir, error)
  }
  return { release: () => lock.close() }
}

/** The owner's bearer token, made at first start, readable by the owner alone. */
export function ownerToken(dataDir: string): string {
  const file = join(dataDir, 'token')
  if (existsSync(file)) {
    const token = readFileSync(file, 'utf8').trim()
    if (token.length >= 32) return token
    throw new HubError('invalid', `${file} does not hold a token`, {
      hint: 'Delete it; the next start makes a new one.',
    })
  }
  const token = `sy_${randomBytes(32).toString('base64url')}`
  replaceFile(file, `${token}\n`)
  return token
}

/** The key that credentials for other servers are sealed with; made when the first is kept. */
export function sealKey(dataDir: string): Buffer {
  const file = join(dataDir, 'seal.key')
  if (!existsSync(file)) replaceFile(file, `${randomBytes(32).toString('base64')}\n`)
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64')
  if (key.length === 32) return key
  throw new HubError('invalid', `${file} does not hold a key`, {
    hint: 'Put the one from your backup back, or delete it: the hub then has to be signed in again.',
  })
}

// In a folder of its own, because a sandbox can show a folder whose files are replaced, but not a
// replaced file.
const endpointFile = (dataDir: string): string => join(dataDir, 'run', 'endpoint')

/** Where the hub listens, for agents and the command line, also after a restart on another port. */
export function writeEndpoint(dataDir: string, url: string): void {
  mkdirSync(join(dataDir, 'run'), { recursive: true })
  replaceFile(endpointFile(dataDir), `${url}\n`)
}

export function readEndpoint(dataDir: string): string | undefined {
  const file = endpointFile(dataDir)
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
