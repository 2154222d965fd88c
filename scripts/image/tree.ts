import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

type Owner = { uid: number; gid: number }

/** What stands at a path of an image. Times are left out: they would make each build another image. */
export type TreeNode = Owner & { mode: number } & (
    | { type: 'directory' }
    | { type: 'symlink'; target: string }
    | { type: 'file'; read: () => Buffer }
  )

const root: Owner = { uid: 0, gid: 0 }

/** The files of a layer, each once, with the folders above it. */
export class Tree {
  readonly #nodes = new Map<string, TreeNode>()

  /** In one order, whatever the order they were added in; a folder comes before what is in it. */
  entries(): [string, TreeNode][] {
    return [...this.#nodes].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  has(path: string): boolean {
    return this.#nodes.has(nameOf(path))
  }

  folder(path: string, options: Partial<Owner> & { mode?: number } = {}): void {
    this.#add(path, { ...root, mode: 0o755, ...options, type: 'directory' })
  }

  link(path: string, target: string): void {
    this.#add(path, { ...root, mode: 0o777, type: 'symlink', target })
  }

  text(path: string, text: string, mode = 0o644): void {
    this.#add(path, { ...root, mode, type: 'file', read: () => Buffer.from(text) })
  }

  /** A file of this machine; where a link leads is what is copied. */
  file(path: string, source: string, mode = 0o644): void {
    this.#add(path, { ...root, mode, type: 'file', read: () => readFileSync(source) })
  }

  /** A folder of this machine with all that is in it, as it is, or as root's with `asRoot`. */
  copy(path: string, source: string, asRoot = true): void {
    const { uid, gid, mode: bits } = lstatSync(source)
    const owner = asRoot ? root : { uid, gid }
    this.folder(path, { ...owner, mode: bits & 0o7777 })
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      const [from, to] = [join(source, entry.name), join(path, entry.name)]
      if (entry.isDirectory()) this.copy(to, from, asRoot)
      else if (entry.isSymbolicLink()) this.link(to, readlinkSync(from))
      else if (entry.isFile()) {
        const { uid: user, gid: group, mode } = lstatSync(from)
        const at = asRoot ? root : { uid: user, gid: group }
        const read = () => readFileSync(from)
        this.#add(to, { ...at, mode: mode & 0o7777, type: 'file', read })
      }
    }
  }

  #add(path: string, node: TreeNode): void {
    const name = nameOf(path)
    if (name === '') return
    const parent = dirname(name)
    if (parent !== '.' && !this.#nodes.has(parent)) this.folder(parent)
    this.#nodes.set(name, node)
  }
}

const nameOf = (path: string) => path.replace(/^\/+|\/+$/g, '')
