import type { FSWatcher } from 'node:fs'
import { watch } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { putBackTaken } from './text-file.ts'

export type TreeFile = {
  path: string
  sizeBytes: number
  modifiedAt: number
  createdAt: number
  stamp: string
}

type Options = { root: string; skip(path: string, isFolder: boolean): boolean }

const parallel = 64
/** A folder that cannot be watched is looked through again, at most this often. */
const blindMs = 1000

/**
 * The files below a folder, kept up to date: each folder is watched, and `refresh` looks again only
 * into those where something happened. Links are not followed. Where watching is not possible the
 * whole tree is looked through again.
 */
export class FileTree {
  readonly root: string
  readonly files = new Map<string, TreeFile>()
  readonly #skip: Options['skip']
  readonly #folders = new Map<
    string,
    { watcher: FSWatcher | undefined; files: string[]; folders: string[] }
  >()
  readonly #dirty = new Set<string>([''])
  readonly #listeners = new Set<() => void>()
  #refreshing: Promise<string[]> | undefined
  #blindAt = 0
  #closed = false
  /** False once some folder could not be watched. */
  watching = true

  constructor({ root, skip }: Options) {
    this.root = root
    this.#skip = skip
  }

  /** Calls `listener` when something may have changed, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Looks at a folder again even though no event came, such as after a write of our own. */
  touch(path: string): void {
    this.#dirty.add(folderOf(path))
  }

  /** Brings `files` up to date and returns the paths that appeared, changed or went. */
  refresh(whole = false): Promise<string[]> {
    if (whole) for (const folder of this.#folders.keys()) this.#dirty.add(folder)
    else if (!this.watching && Date.now() - this.#blindAt > blindMs) return this.refresh(true)
    this.#refreshing ??= this.#round().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  close(): void {
    this.#closed = true
    for (const { watcher } of this.#folders.values()) watcher?.close()
    this.#folders.clear()
    this.#listeners.clear()
  }

  async #round(): Promise<string[]> {
    const changed: string[] = []
    this.#blindAt = Date.now()
    while (this.#dirty.size > 0 && !this.#closed) {
      const folders = [...this.#dirty].slice(0, parallel)
      for (const folder of folders) this.#dirty.delete(folder)
      await Promise.all(folders.map((folder) => this.#look(folder, changed)))
    }
    return changed
  }

  async #look(folder: string, changed: string[]): Promise<void> {
    const known = this.#folders.get(folder)
    const entries = await readdir(join(this.root, folder), { withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EACCES')
          return undefined
        throw error
      },
    )
    if (!entries) return this.#forget(folder, changed)
    // Watched before it is read: what happens in between brings an event.
    const own = known ?? { watcher: this.#watch(folder), files: [], folders: [] }
    for (const { name } of entries)
      if (name.endsWith('.taken')) putBackTaken(join(this.root, folder), name)
    const path = (name: string) => (folder === '' ? name : `${folder}/${name}`)
    const kept = entries.filter((entry) => !this.#skip(path(entry.name), entry.isDirectory()))
    const files = kept.filter((entry) => entry.isFile()).map(({ name }) => path(name))
    const folders = kept.filter((entry) => entry.isDirectory()).map(({ name }) => path(name))
    for (const gone of own.folders) if (!folders.includes(gone)) this.#forget(gone, changed)
    const present = new Set([...files, ...(await this.#stillThere(own.files, files))])
    this.#folders.set(folder, { ...own, files: [...present], folders })
    for (const gone of own.files)
      if (!present.has(gone) && this.files.delete(gone)) changed.push(gone)
    for (const inner of folders) if (!this.#folders.has(inner)) this.#dirty.add(inner)
    for (let at = 0; at < files.length; at += parallel) {
      await Promise.all(files.slice(at, at + parallel).map((file) => this.#stat(file, changed)))
    }
  }

  /** A name may be free for the moment in which its file is replaced; what is gone is looked for twice. */
  async #stillThere(before: string[], now: string[]): Promise<string[]> {
    const listed = new Set(now)
    const missing = before.filter((path) => !listed.has(path))
    if (missing.length === 0) return []
    await new Promise((resolve) => setTimeout(resolve, 5))
    const found = await Promise.all(
      missing.map((path) => lstat(join(this.root, path)).catch(() => undefined)), // Gone indeed.
    )
    return missing.filter((_path, index) => found[index]?.isFile() === true)
  }

  async #stat(path: string, changed: string[]): Promise<void> {
    const found = await lstat(join(this.root, path), { bigint: true }).catch(() => undefined) // Gone again: the next round sees it.
    const before = this.files.get(path)
    if (!found?.isFile()) return
    const stamp = `${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`
    if (before?.stamp === stamp) return
    const born = found.birthtimeMs > 0n ? found.birthtimeMs : found.ctimeMs
    this.files.set(path, {
      path,
      sizeBytes: Number(found.size),
      modifiedAt: Number(found.mtimeMs),
      createdAt: Number(born),
      stamp,
    })
    changed.push(path)
  }

  #forget(folder: string, changed: string[]): void {
    const known = this.#folders.get(folder)
    if (!known) return
    this.#folders.delete(folder)
    known.watcher?.close()
    for (const inner of known.folders) this.#forget(inner, changed)
    for (const file of known.files) if (this.files.delete(file)) changed.push(file)
  }

  #watch(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(join(this.root, folder), { persistent: false }, () => {
        this.#dirty.add(folder)
        for (const listener of [...this.#listeners]) listener()
      })
      watcher.on('error', () => this.#dirty.add(folder)) // The folder went: looking again finds that.
      return watcher
    } catch {
      this.watching = false // Out of watches, or not offered here: refresh looks through everything.
      return undefined
    }
  }
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
