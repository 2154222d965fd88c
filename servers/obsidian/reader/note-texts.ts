import { lstat, realpath } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { insideFolder } from '../../kit/files/jail.ts'
import { readTextFile } from '../../kit/files/text-file.ts'
import type { NoteMeta } from '../note-meta.ts'
import { metaOf, unreadable } from '../note-meta.ts'
import { scanNote } from '../note-scan.ts'
import type { SearchedNote } from '../query/searched-note.ts'
import { prepareNote, unscannedNote } from '../query/searched-note.ts'

/** Memory for text. What there is no room for is read again by each search. */
export type Room = { freeBytes: number }

/** All vaults of a hub share it: two vaults of 15 MB, or one of 30 MB, each text in both letter cases. */
const sharedRoom: Room = { freeBytes: 128 * 1024 * 1024 }

type Held = { note: SearchedNote; sizeBytes: number }

/** The notes of one vault, ready to be searched as far as there is room for their text. */
export class NoteTexts {
  readonly root: string
  readonly #notes = new Map<string, Held | undefined>()
  readonly #room: Room
  #sorted: string[] | undefined

  constructor(root: string, room = sharedRoom) {
    this.root = root
    this.#room = room
  }

  /** All paths, in order. */
  get paths(): string[] {
    return (this.#sorted ??= [...this.#notes.keys()].toSorted())
  }

  /** Reads notes that are new or have changed. */
  async read(paths: string[]): Promise<NoteMeta[]> {
    const folders = new Map<string, Promise<string>>() // Each is judged once in a batch.
    return Promise.all(
      paths.map(async (path) => {
        this.#drop(path)
        if (!this.#notes.has(path)) this.#sorted = undefined
        this.#notes.set(path, undefined)
        try {
          const note = scanNote(await this.#textOf(path, folders))
          this.#keep(prepareNote(path, note))
          return metaOf(path, note)
        } catch (error) {
          return unreadable(path, error instanceof Error ? error.message : String(error))
        }
      }),
    )
  }

  /** A note whose text is in memory. */
  held(path: string): SearchedNote | undefined {
    return this.#notes.get(path)?.note
  }

  /** A note that there was no room for; undefined where it is not text, or gone. */
  async readAgain(path: string): Promise<SearchedNote | undefined> {
    const text = await this.#textOf(path, new Map()).catch(() => undefined) // It fits nothing.
    return text === undefined ? undefined : unscannedNote(path, text)
  }

  forget(paths: Iterable<string>): void {
    for (const path of paths) {
      this.#drop(path)
      if (this.#notes.delete(path)) this.#sorted = undefined
    }
  }

  clear(): void {
    this.forget([...this.#notes.keys()])
  }

  #keep(note: SearchedNote): void {
    const { text, lower, lines } = note
    const charBytes = Buffer.byteLength(text) === text.length ? 1 : 2
    const sizeBytes = text.length * (lower === text ? 1 : 2) * charBytes + lines.byteLength
    if (!this.#notes.has(note.path)) return // Forgotten while it was read.
    this.#drop(note.path)
    if (sizeBytes > this.#room.freeBytes) return
    this.#room.freeBytes -= sizeBytes
    this.#notes.set(note.path, { note, sizeBytes })
  }

  #drop(path: string): void {
    const held = this.#notes.get(path)
    if (!held) return
    this.#room.freeBytes += held.sizeBytes
    this.#notes.set(path, undefined)
  }

  /** Each folder is looked at once for a batch; a link on the way could lead outside. */
  async #textOf(path: string, folders: Map<string, Promise<string>>): Promise<string> {
    const folder = posix.dirname(path)
    let real = folders.get(folder)
    if (!real) {
      real = folder === '.' ? realpath(this.root) : insideFolder(this.root, folder)
      folders.set(folder, real)
    }
    const file = join(await real, posix.basename(path))
    const found = await lstat(file).catch(() => undefined) // Missing: the reader says so.
    const isLink = found?.isSymbolicLink() === true
    return (await readTextFile(isLink ? await insideFolder(this.root, path) : file, path)).text
  }
}
