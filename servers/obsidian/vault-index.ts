import { posix } from 'node:path'
import { insideFolder } from '../kit/files/jail.ts'
import { readTextFile } from '../kit/files/text-file.ts'
import type { TreeFile } from '../kit/files/tree.ts'
import { FileTree } from '../kit/files/tree.ts'
import type { NoteLink } from './link-scan.ts'
import { scanNote } from './note-scan.ts'
import type { Resolution } from './resolve.ts'
import { Names } from './resolve.ts'

/** What is remembered of a note between calls: no text, only what queries and links ask for. */
export type NoteMeta = {
  path: string
  properties: Record<string, unknown>
  /** Why nothing more is known: invalid properties, not text, too large. */
  problem: string | undefined
  tags: string[]
  aliases: string[]
  links: Pick<NoteLink, 'target' | 'subpath' | 'embed' | 'line'>[]
  tasks: { open: number; done: number; other: number }
  queries: number
}

const parallel = 32

/** The files of a vault and what its notes say about themselves, kept up to date from the disk. */
export class VaultIndex {
  readonly tree: FileTree
  readonly names = new Names([])
  readonly notes = new Map<string, NoteMeta>()
  #updating: Promise<void> | undefined
  #backlinks: Map<string, { source: string; line: number }[]> | undefined

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
    if (whole) await this.#updating
    this.#updating ??= this.#update(whole).finally(() => (this.#updating = undefined))
    await this.#updating
  }

  file(path: string): TreeFile | undefined {
    return this.tree.files.get(path)
  }

  resolve(target: string, source: string): Resolution {
    return this.names.resolve(target, source)
  }

  /** Where each file is linked from, by its path. */
  backlinks(): Map<string, { source: string; line: number }[]> {
    if (this.#backlinks) return this.#backlinks
    const found = new Map<string, { source: string; line: number }[]>()
    for (const { path: source, links } of this.notes.values()) {
      for (const { target, line } of links) {
        if (target === '') continue
        const resolved = this.resolve(target, source)
        if (resolved.state === 'missing') continue
        const list = found.get(resolved.path)
        if (list) list.push({ source, line })
        else found.set(resolved.path, [{ source, line }])
      }
    }
    return (this.#backlinks = found)
  }

  close(): void {
    this.tree.close()
  }

  async #update(whole: boolean): Promise<void> {
    const changed = await this.tree.refresh(whole)
    if (changed.length === 0) return
    this.#backlinks = undefined
    for (const path of changed) {
      if (this.tree.files.has(path)) this.names.add(path)
      else {
        this.names.delete(path)
        this.notes.delete(path)
      }
    }
    const notes = changed.filter((path) => path.endsWith('.md') && this.tree.files.has(path))
    for (let at = 0; at < notes.length; at += parallel) {
      await Promise.all(notes.slice(at, at + parallel).map((path) => this.#read(path)))
    }
  }

  async #read(path: string): Promise<void> {
    try {
      const file = await readTextFile(await insideFolder(this.tree.root, path), path)
      this.notes.set(path, { ...metaOf(file.text), path })
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      this.notes.set(path, { ...empty, path, problem })
    }
  }
}

const empty = {
  properties: {},
  tags: [],
  aliases: [],
  links: [],
  tasks: { open: 0, done: 0, other: 0 },
  queries: 0,
}

function metaOf(text: string): Omit<NoteMeta, 'path'> {
  const note = scanNote(text)
  const tasks = { open: 0, done: 0, other: 0 }
  for (const { mark } of note.tasks)
    tasks[mark === ' ' ? 'open' : mark === 'x' || mark === 'X' ? 'done' : 'other']++
  return {
    properties: note.properties.values,
    problem: note.properties.problem,
    tags: note.tags,
    aliases: note.aliases,
    links: note.links.map(({ target, subpath, embed, line }) => ({ target, subpath, embed, line })),
    tasks,
    queries: note.queries.length,
  }
}

/** A note's name as people write it: without folders and `.md`. */
export const nameOf = (path: string): string => posix.basename(path).replace(/\.md$/i, '')
