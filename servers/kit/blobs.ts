import { hash, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HubError } from '../../schemas/errors.ts'
import { withLock } from './locks.ts'

const fileOf = (dataDir: string, sha256: string) =>
  join(dataDir, 'artifacts', sha256.slice(0, 2), sha256)

/** A blob is written before its row is: one without a row may only be about to get it. */
const rowWithinMs = 60 * 60_000

/** Stores bytes under their SHA-256, on disk before it returns, and never half-written. */
export async function writeBlob(dataDir: string, bytes: Uint8Array): Promise<string> {
  const sha256 = hash('sha256', bytes)
  const file = fileOf(dataDir, sha256)
  await withLock(file, () => writeOnce(file, bytes))
  return sha256
}

async function writeOnce(file: string, bytes: Uint8Array): Promise<void> {
  const now = new Date()
  const isThere = await utimes(file, now, now).then(
    () => true,
    () => false, // Missing is the ordinary case.
  )
  if (isThere) return // And young again, so that nobody takes it for one that nothing refers to.
  const temporary = `${file}.${randomBytes(6).toString('hex')}`
  await mkdir(dirname(file), { recursive: true })
  try {
    const handle = await open(temporary, 'w', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    throw new HubError('exhausted', 'the disk that holds the artifacts is full', {
      hint: 'Free some space and send the same call again.',
      cause: error,
    })
  }
}

/** Removes a blob that no row has, unless it is so young that its row may still come. */
export function removeBlob(
  dataDir: string,
  sha256: string,
  hasRow: (sha256: string) => Promise<boolean>,
): Promise<boolean> {
  const file = fileOf(dataDir, sha256)
  return withLock(file, async () => {
    const found = await stat(file).catch(() => undefined) // Gone already: nothing to do.
    if (!found || found.mtimeMs > Date.now() - rowWithinMs || (await hasRow(sha256))) return false
    await rm(file, { force: true })
    return true
  })
}

/** Names of the blobs in one of the 256 folders they are spread over. */
export async function listBlobs(dataDir: string, folder: number): Promise<string[]> {
  const name = folder.toString(16).padStart(2, '0')
  const found = await readdir(join(dataDir, 'artifacts', name)).catch((): string[] => []) // Made with its first.
  return found.filter((file) => /^[0-9a-f]{64}$/.test(file))
}

/** The bytes of a blob, checked against their name. */
export async function readBlob(dataDir: string, sha256: string): Promise<Buffer> {
  const bytes = await readFile(fileOf(dataDir, sha256))
  if (hash('sha256', bytes) === sha256) return bytes
  throw new HubError('unavailable', `the stored bytes of ${sha256} are damaged`, {
    hint: 'Restore the artifacts folder of the data directory from a backup.',
  })
}
