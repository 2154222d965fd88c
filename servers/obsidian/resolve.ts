import { posix } from 'node:path'

export type Resolution =
  | { state: 'found'; path: string }
  /** Several files fit; `path` is the one that Obsidian opens. */
  | { state: 'ambiguous'; path: string; others: string[] }
  | { state: 'missing' }

/** How names compare: case and the two ways to write an accent make no difference. */
const fold = (path: string): string => path.normalize('NFC').toLowerCase()

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The files of a vault, by whole path and by last part, for resolving links. */
export class Names {
  readonly #byPath = new Map<string, string>()
  readonly #byBase = new Map<string, string[]>()

  constructor(paths: Iterable<string>) {
    for (const path of paths) this.add(path)
  }

  add(path: string): void {
    const key = fold(path)
    if (this.#byPath.has(key)) return
    this.#byPath.set(key, path)
    const base = baseOf(key)
    const same = this.#byBase.get(base)
    if (same) same.push(path)
    else this.#byBase.set(base, [path])
  }

  delete(path: string): void {
    const key = fold(path)
    if (this.#byPath.get(key) !== path) return
    this.#byPath.delete(key)
    const base = baseOf(key)
    const left = (this.#byBase.get(base) ?? []).filter((other) => other !== path)
    if (left.length > 0) this.#byBase.set(base, left)
    else this.#byBase.delete(base)
  }

  /** The file with exactly this path, letters' case aside. */
  at(path: string): string | undefined {
    return this.#byPath.get(fold(path))
  }

  /** Files whose last part is this, letters' case aside. */
  withBase(base: string): string[] {
    return this.#byBase.get(fold(base)) ?? []
  }

  /**
   * Where a link in `source` leads: a path from the vault's root, one relative to the note, or the
   * end of a path. Among several, the one in the note's folder wins, then the shortest.
   */
  resolve(target: string, source: string): Resolution {
    if (target === '') return { state: 'found', path: source }
    const folder = posix.dirname(source) === '.' ? '' : posix.dirname(source)
    const names = target.endsWith('.md') ? [target] : [`${target}.md`, target]
    for (const name of names) {
      const exact = this.#exact(name, folder)
      if (exact) return { state: 'found', path: exact }
    }
    if (/^\.{0,2}\//.test(target)) return { state: 'missing' }
    for (const name of names) {
      const tail = `/${fold(name)}`
      const found = this.withBase(baseOf(name)).filter((path) => `/${fold(path)}`.endsWith(tail))
      const [first, ...others] = found.sort(
        (a, b) => rank(a, folder) - rank(b, folder) || a.length - b.length || (a < b ? -1 : 1),
      )
      if (first !== undefined)
        return others.length === 0
          ? { state: 'found', path: first }
          : { state: 'ambiguous', path: first, others }
    }
    return { state: 'missing' }
  }

  #exact(name: string, folder: string): string | undefined {
    if (name.startsWith('/')) return this.at(name.slice(1))
    const relative = posix.normalize(folder === '' ? name : `${folder}/${name}`)
    if (/^\.\.?\//.test(name)) return this.at(relative)
    const rooted = this.at(posix.normalize(name))
    if (rooted !== undefined) return rooted
    return name.includes('/') ? this.at(relative) : undefined
  }
}

const rank = (path: string, folder: string): number => {
  const own = posix.dirname(path)
  return (own === '.' ? '' : own) === folder ? 0 : 1
}
