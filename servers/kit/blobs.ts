import { hash, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HubError } from '../../schemas/errors.ts'

const fileOf = (dataDir: string, sha256: string) =>
  join(dataDir, 'artifacts', sha256.slice(0, 2), sha256)

/** Stores bytes under their SHA-256, on disk before it returns, and never half-written. */
export async function writeBlob(dataDir: string, bytes: Uint8Array): Promise<string> {
  const sha256 = hash('sha256', bytes)
  const file = fileOf(dataDir, sha256)
  if (await stat(file).catch(() => undefined)) return sha256 // Missing is the ordinary case.
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
  return sha256
}

/** The bytes of a blob, checked against their name. */
export async function readBlob(dataDir: string, sha256: string): Promise<Buffer> {
  const bytes = await readFile(fileOf(dataDir, sha256))
  if (hash('sha256', bytes) === sha256) return bytes
  throw new HubError('unavailable', `the stored bytes of ${sha256} are damaged`, {
    hint: 'Restore the artifacts folder of the data directory from a backup.',
  })
}
