import { hash, randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { HubError } from '../../../schemas/errors.ts'

/** A text file as it was read. `text` holds every byte of it: writing it back changes nothing. */
export type TextFile = {
  path: string
  text: string
  etag: string
  modifiedAt: number
}

const maxTextBytes = 8 * 1024 * 1024

export const etagOf = (bytes: string | Uint8Array): string => hash('sha256', bytes)

/** Reads a UTF-8 file as a whole. `shown` is how the caller names it in errors. */
export async function readTextFile(path: string, shown: string): Promise<TextFile> {
  const handle = await openAgain(path, shown)
  try {
    const found = await handle.stat()
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
      modifiedAt: Math.round(found.mtimeMs),
    }
  } finally {
    await handle.close()
  }
}

/** A name that is free for the moment of a replacement is there again at the second look. */
async function openAgain(path: string, shown: string): Promise<FileHandle> {
  try {
    return await open(path, 'r').catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      await new Promise((resolve) => setTimeout(resolve, 3))
      restoreTaken(path)
      return open(path, 'r')
    })
  } catch (error) {
    throw unreadable(error, shown)
  }
}

/** Refuses when the caller's `if_match` is not the content that is there. */
export function assertMatch(file: TextFile, ifMatch: string | undefined, shown: string): void {
  if (ifMatch === undefined || ifMatch === file.etag) return
  throw conflict(shown, file.etag)
}

/**
 * Replaces the content of `before` by `text`. Somebody else's write since it was read wins, whether
 * it goes into the old file or puts a new one in its place: the old file is moved aside, looked at,
 * and the new one linked to the free name, which fails when the name is taken again. The name is
 * free for some microseconds; `putBackTaken` mends what a kill in between leaves.
 */
export function replaceTextFile(before: TextFile, text: string, shown: string): string {
  const { path } = before
  const temporary = beside(path, 'tmp')
  const taken = beside(path, 'taken')
  try {
    writeThrough(temporary, text, statSync(path).mode & 0o777)
    renameSync(path, taken)
    if (etagOf(readFileSync(taken)) !== before.etag) throw conflict(shown)
    if (!linkNew(temporary, path)) throw conflict(shown)
    if (etagOf(readFileSync(taken)) !== before.etag) {
      renameSync(taken, path) // Written into the old file while it was being replaced.
      throw conflict(shown)
    }
    rmSync(taken)
    syncFolder(dirname(path))
    return etagOf(text)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw conflict(shown)
    throw error
  } finally {
    rmSync(temporary, { force: true })
    // Whatever went wrong in between: the old file has its name back, unless somebody took it.
    if (existsSync(taken)) putBack(taken, path)
  }
}

/** Gives a file a further name that nothing has yet; false when it is taken. */
export function linkNew(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    if (existsSync(to)) return false
    renameSync(from, to) // A file system without hard links.
    return true
  }
}

function putBack(taken: string, path: string): void {
  linkNew(taken, path) // A newer one may have the name by now; then that is what its writer wants.
  rmSync(taken, { force: true })
}

const takenName = /^\.(.+)\.[0-9a-f]{12}\.taken$/
const takenMs = 2000

/** Gives a file its name back that a process was killed over, when nobody works on it any more. */
export function putBackTaken(folder: string, name: string): void {
  const original = takenName.exec(name)?.[1]
  if (original === undefined) return
  const taken = join(folder, name)
  const found = statSync(taken, { throwIfNoEntry: false })
  if (found && Date.now() - found.ctimeMs > takenMs) putBack(taken, join(folder, original))
}

/** The same, for a file that is asked for and is not there. */
function restoreTaken(path: string): void {
  const folder = dirname(path)
  const lead = `.${basename(path)}.`
  if (existsSync(path) || !existsSync(folder)) return
  for (const name of readdirSync(folder)) if (name.startsWith(lead)) putBackTaken(folder, name)
}

/** Writes a file that must not exist yet, whole or not at all. */
export async function createTextFile(path: string, text: string, shown: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = beside(path, 'tmp')
  try {
    writeThrough(temporary, text, 0o644)
    if (!linkNew(temporary, path)) {
      throw new HubError('conflict', `${shown} exists already`, {
        hint: 'Read it and patch it, or choose another name.',
      })
    }
    syncFolder(dirname(path))
    return etagOf(text)
  } finally {
    rmSync(temporary, { force: true })
  }
}

const beside = (path: string, ending: 'tmp' | 'taken') =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.${ending}`)

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
