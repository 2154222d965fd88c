import { hash, randomBytes } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'

/** A text file as it was read. `text` holds every byte of it: writing it back changes nothing. */
export type TextFile = {
  path: string
  text: string
  etag: string
  sizeBytes: number
  modifiedAt: number
  stamp: string
}

const maxTextBytes = 8 * 1024 * 1024

export const etagOf = (bytes: string | Uint8Array): string => hash('sha256', bytes)

/** Reads a UTF-8 file as a whole. `shown` is how the caller names it in errors. */
export async function readTextFile(path: string, shown: string): Promise<TextFile> {
  let handle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    throw unreadable(error, shown)
  }
  try {
    const found = await handle.stat({ bigint: true })
    if (!found.isFile()) throw new HubError('invalid', `${shown} is not a file`)
    if (found.size > maxTextBytes) {
      throw new HubError(
        'unsupported',
        `${shown} has ${found.size} bytes; the most that is read is ${maxTextBytes}`,
      )
    }
    const bytes = await handle.readFile()
    const text = decode(bytes, shown)
    return {
      path,
      text,
      etag: etagOf(bytes),
      sizeBytes: bytes.length,
      modifiedAt: Math.round(Number(found.mtimeMs)),
      stamp: stampOf(found),
    }
  } finally {
    await handle.close()
  }
}

/** What changes whenever a file's content is written or the file is replaced. */
const stampOf = (found: BigIntStats): string =>
  `${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`

/** Refuses when the caller's `if_match` is not the content that is there. */
export function assertMatch(file: TextFile, ifMatch: string | undefined, shown: string): void {
  if (ifMatch === undefined || ifMatch === file.etag) return
  throw conflict(shown, file.etag)
}

/**
 * Replaces the content of `before` by `text`: a temporary file beside it, then a rename. Somebody
 * else's write since it was read wins: nothing is written then. One that goes into the old file
 * while it is being replaced is found through the open descriptor and put back.
 */
export function replaceTextFile(before: TextFile, text: string, shown: string): string {
  const old = openSync(before.path, 'r')
  const temporary = temporaryBeside(before.path)
  try {
    writeThrough(temporary, text, fstatSync(old).mode & 0o777)
    if (stampOf(statSync(before.path, { bigint: true })) !== before.stamp) throw conflict(shown)
    renameSync(temporary, before.path)
    const after = readAll(old)
    if (etagOf(after) !== before.etag) {
      writeThrough(temporary, after, 0o644)
      renameSync(temporary, before.path)
      throw conflict(shown)
    }
    syncFolder(dirname(before.path))
    return etagOf(text)
  } finally {
    closeSync(old)
    rmSync(temporary, { force: true })
  }
}

/** Writes a file that must not exist yet, whole or not at all. */
export async function createTextFile(path: string, text: string, shown: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = temporaryBeside(path)
  try {
    writeThrough(temporary, text, 0o644)
    linkSync(temporary, path) // Fails when the name is taken; a rename would replace it.
    syncFolder(dirname(path))
    return etagOf(text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new HubError('conflict', `${shown} exists already`, {
      hint: 'Read it and patch it, or choose another name.',
      cause: error,
    })
  } finally {
    rmSync(temporary, { force: true })
  }
}

const temporaryBeside = (path: string) =>
  join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString('hex')}.tmp`)

function writeThrough(path: string, content: string | Uint8Array, mode: number): void {
  const file = openSync(path, 'w', mode)
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    throw new HubError('exhausted', 'the disk is full; nothing was changed', { cause: error })
  } finally {
    closeSync(file)
  }
}

function readAll(file: number): Buffer {
  const { size } = fstatSync(file)
  const bytes = Buffer.alloc(size)
  let at = 0
  while (at < size) {
    const count = readSync(file, bytes, at, size - at, at)
    if (count === 0) break
    at += count
  }
  return bytes.subarray(0, at)
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function decode(bytes: Buffer, shown: string): string {
  if (bytes.includes(0)) throw binary(shown)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw binary(shown, error)
  }
}

const binary = (shown: string, cause?: unknown) =>
  new HubError('unsupported', `${shown} is not UTF-8 text`, { cause })

const conflict = (shown: string, etag?: string) =>
  new HubError('conflict', `${shown} was changed by somebody else; nothing was written`, {
    hint: 'Read it again and send the change with the new etag as `if_match`.',
    ...(etag === undefined ? {} : { details: { etag } }),
  })

function unreadable(error: unknown, shown: string): HubError {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new HubError('not_found', `there is no file ${shown}`)
  if (code === 'EISDIR') return new HubError('invalid', `${shown} is a folder`)
  return new HubError('unavailable', `${shown} cannot be read: ${code ?? String(error)}`, {
    cause: error,
  })
}

/** Whole content of a small file, or undefined where there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw error
  }
}
