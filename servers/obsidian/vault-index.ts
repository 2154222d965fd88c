import type { TreeFile } from '../kit/files/tree.ts'
import { FileTree } from '../kit/files/tree.ts'
import type { Links } from './links.ts'
import { followLinks } from './links.ts'
import type { NoteMeta } from './note-meta.ts'
import { reader } from './reader/client.ts'
import type { SearchRequest, SearchResult } from './reader/search.ts'
import type { Resolution } from './resolve.ts'
import { Names } from './resolve.ts'
import { Slices, atOnce, inSlices } from './slices.ts'

const batchNotes = 32
/** So many batches are on their way: the reader need not wait for this thread, nor wait long for others. */
const batchesAhead = 3
let nextNumber = 1

/** The files of a vault and what its notes say about themselves, kept up to date from the disk. */
export class VaultIndex {
  readonly tree: FileTree
  readonly names = new Names([])
  readonly notes = new Map<string, NoteMeta>()
  readonly #number = nextNumber++
  /** Paths that changed on the disk and are not taken in yet. */
  readonly #stale = new Set<string>()
  /** The reader that has this vault's notes; none yet. */
  #generation = -1
  #changes = 0
  #updating: Promise<void> | undefined
  #links: Links | undefined

  constructor(root: string, ignore: string[]) {
    const left = ignore.map((folder) => folder.replace(/^\/|\/$/g, ''))
    this.tree = new FileTree({
      root,
      skip: (path) =>
        path.split('/').at(-1)?.startsWith('.') === true ||
        path.endsWith('.tmp') ||
        left.includes(path),
    })
  }

  /** Brings everything up to date. `whole` looks at every file again, for plans that touch many. */
  async refresh(whole = false): Promise<void> {
    await this.#updating // It may have looked before what the caller means to see.
    this.#updating ??= this.#update(whole).finally(() => (this.#updating = undefined))
    await this.#updating
  }

  file(path: string): TreeFile | undefined {
    return this.tree.files.get(path)
  }

  resolve(target: string, source: string): Resolution {
    return this.names.resolve(target, source)
  }

  /** Where all links lead, found out in slices. */
  async links(): Promise<Links> {
    if (this.#links) return this.#links
    const before = this.#changes
    const links = await inSlices(followLinks(this))
    if (this.#changes === before) this.#links = links
    return links
  }

  /** Where a file is linked from; found out in one go unless `links` was awaited before. */
  backlinksOf(path: string): { source: string; line: number }[] {
    this.#links ??= atOnce(followLinks(this))
    return this.#links.backlinks.get(path) ?? []
  }

  /** Hits among the notes as they were at the last refresh. */
  search(request: SearchRequest, signal: AbortSignal): Promise<SearchResult> {
    return reader.ask('search', { vault: this.#number, request }, signal)
  }

  close(): void {
    this.tree.close()
    reader.forget(this.#number, 'all')
  }

  async #update(whole: boolean): Promise<void> {
    for (const path of await this.tree.refresh(whole)) this.#stale.add(path)
    // What a reader that was lost had read is read anew.
    if (this.#generation !== reader.generation)
      for (const path of this.tree.files.keys()) this.#stale.add(path)
    else if (this.#stale.size === 0) return
    const changed = [...this.#stale]
    const slices = new Slices()
    const gone: string[] = []
    const notes: string[] = []
    for (const path of changed) {
      if (slices.isOver) await slices.next()
      if (!this.tree.files.has(path)) gone.push(path)
      else {
        this.names.add(path)
        if (path.endsWith('.md')) notes.push(path)
      }
    }
    for (const path of gone) {
      this.names.delete(path)
      this.notes.delete(path)
    }
    reader.forget(this.#number, gone)
    const generation = reader.start()
    await this.#readAll(notes)
    this.#generation = generation
    for (const path of changed) this.#stale.delete(path)
    this.#changes++
    this.#links = undefined
  }

  async #readAll(paths: string[]): Promise<void> {
    let next = 0
    const read = async (batch: string[]) => {
      const asked = { vault: this.#number, root: this.tree.root, paths: batch }
      for (const note of await reader.ask('read', asked)) this.notes.set(note.path, note)
    }
    const readOn = async () => {
      while (next < paths.length) await read(paths.slice(next, (next += batchNotes)))
    }
    await read([]) // The reader has to have heard of a vault without notes too.
    await Promise.all(Array.from({ length: batchesAhead }, readOn))
  }
}
