import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { readTar, tarEnd, tarHeader, tarPadding } from './tar.ts'

/** What is to be put in, under which name; a folder has no file. */
export type Member = { path: string; file?: string }

/** The last entry, so that an archive that ends early has none. */
const manifestPath = 'manifest.json'

export const Manifest = z.object({
  format: z.literal(1),
  createdAt: z.string(),
  schema: z.int().describe('Number of the last migration that the store has'),
  files: z.record(z.string(), z.object({ sizeBytes: z.int(), sha256: z.string() })),
})
export type Manifest = z.infer<typeof Manifest>

/** Writes members and the digest of each into one file, which is there as a whole or not at all. */
export async function writeArchive(
  file: string,
  members: AsyncIterable<Member>,
  about: Pick<Manifest, 'createdAt' | 'schema'>,
): Promise<Manifest> {
  const manifest: Manifest = { format: 1, ...about, files: {} }
  const partial = `${file}.partial`
  try {
    await pipeline(
      Readable.from(tarOf(members, manifest)),
      createGzip({ level: 3 }),
      // Whoever can read it can act as the owner.
      createWriteStream(partial, { mode: 0o600, flush: true }),
    )
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return manifest
}

/** Unpacks an archive into a folder and returns what it says of itself, after every digest was compared. */
export async function readArchive(file: string, folder: string): Promise<Manifest> {
  let manifest: Manifest | undefined
  try {
    await pipeline(createReadStream(file), createGunzip(), async (unpacked) => {
      manifest = await unpack(unpacked as AsyncIterable<Buffer>, folder) // What gunzip gives.
    })
  } catch (error) {
    if (error instanceof HubError || (error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    throw unreadable(file, error)
  }
  if (manifest) return manifest
  throw noBackup(file, 'it does not say what is in it')
}

/** What of zlib, the system or a manifest means to whoever named the file. */
function unreadable(file: string, error: unknown): HubError {
  const { code, message } = error as NodeJS.ErrnoException // Nothing but errors is thrown on the way.
  if (code === 'EISDIR') return noBackup(file, 'it is a folder', error)
  if (code === 'Z_DATA_ERROR' && message === 'incorrect header check')
    return noBackup(file, 'it is no archive', error)
  return new HubError('invalid', `${file} is damaged, or no backup of Switchyard: ${message}`, {
    cause: error,
  })
}

const noBackup = (file: string, why: string, cause?: unknown) =>
  new HubError('invalid', `${file} is no backup of Switchyard: ${why}`, {
    hint: 'One is made with `switchyard backup FILE`.',
    cause,
  })

async function unpack(bytes: AsyncIterable<Buffer>, folder: string): Promise<Manifest | undefined> {
  const found = new Map<string, string>()
  let manifest: Manifest | undefined
  for await (const { path, isFolder, mode, content } of readTar(bytes)) {
    if (path === manifestPath) {
      manifest = compared(await textOf(content), found)
      continue
    }
    const target = join(folder, safe(path))
    await mkdir(isFolder ? target : dirname(target), { recursive: true, mode: 0o700 })
    if (!isFolder) found.set(path, await store(content, target, mode))
  }
  return manifest
}

async function* tarOf(members: AsyncIterable<Member>, manifest: Manifest): AsyncGenerator<Buffer> {
  for await (const { path, file } of members) {
    if (file === undefined) {
      yield tarHeader({ path, isFolder: true, sizeBytes: 0, mode: 0o700 })
      continue
    }
    await using handle = await open(file, 'r')
    const { size: sizeBytes, mode } = await handle.stat()
    yield tarHeader({ path, isFolder: false, sizeBytes, mode })
    const digest = createHash('sha256')
    let read = 0
    // What is added to a file meanwhile is not of this moment.
    const content = handle.createReadStream({ autoClose: false, end: Math.max(0, sizeBytes - 1) })
    if (sizeBytes > 0)
      for await (const chunk of content as AsyncIterable<Buffer>) {
        digest.update(chunk)
        read += chunk.length
        yield chunk
      }
    if (read !== sizeBytes)
      throw new HubError('conflict', `${file} became shorter while it was read: try again`)
    yield tarPadding(sizeBytes)
    manifest.files[path] = { sizeBytes, sha256: digest.digest('hex') }
  }
  const text = Buffer.from(JSON.stringify(manifest))
  yield tarHeader({ path: manifestPath, isFolder: false, sizeBytes: text.length, mode: 0o600 })
  yield text
  yield tarPadding(text.length)
  yield tarEnd()
}

async function store(content: AsyncIterable<Buffer>, file: string, mode: number): Promise<string> {
  const digest = createHash('sha256')
  const digested = async function* () {
    for await (const chunk of content) {
      digest.update(chunk)
      yield chunk
    }
  }
  await pipeline(
    digested,
    createWriteStream(file, { mode: mode & 0o700, flags: 'wx', flush: true }),
  )
  return digest.digest('hex')
}

function compared(text: string, found: Map<string, string>): Manifest {
  const manifest = Manifest.parse(JSON.parse(text))
  const wrong = Object.entries(manifest.files).find(
    ([path, { sha256 }]) => found.get(path) !== sha256,
  )
  if (wrong)
    throw new HubError('invalid', `the archive is damaged: ${wrong[0]} is not what was saved`)
  return manifest
}

/** A name that stays in the folder, whoever made the archive. */
function safe(path: string): string {
  const parts = path.split('/')
  if (path.startsWith('/') || path.includes('\\') || parts.includes('..') || path === '')
    throw new HubError('invalid', `the archive has a name that leads out of it: ${path}`)
  return path
}

async function textOf(content: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of content) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}
