const plain = (path: string): string => path.normalize('NFC').toLowerCase()

/**
 * Where a reference leads, by Obsidian's rules and without the product's code: a path from the root
 * (with or without `/` before it), one relative to the source (`./`, `../`, or a path in the source's
 * folder), or the end of a path; of several the one in the source's folder, then the shortest. Letters'
 * case makes no difference, `.md` may be left out, and an alias is no name.
 */
export class ReferenceResolver {
  readonly #paths = new Map<string, string>()
  readonly #named = new Map<string, string[]>()

  constructor(paths: Iterable<string>) {
    for (const path of paths) {
      const key = plain(path)
      this.#paths.set(key, path)
      const name = key.split('/').at(-1) ?? ''
      this.#named.set(name, [...(this.#named.get(name) ?? []), key])
    }
  }

  /** The path of the file, or nothing. A reference without a name leads into the source itself. */
  resolve(target: string, source: string): string | undefined {
    const [name = ''] = target.split('#')
    if (name.trim() === '') return source
    const wanted = plain(name.trim())
    const found =
      (wanted.endsWith('.md') ? undefined : this.#find(`${wanted}.md`, plain(source))) ??
      this.#find(wanted, plain(source))
    return found === undefined ? undefined : this.#paths.get(found)
  }

  #find(wanted: string, source: string): string | undefined {
    const folder = source.split('/').slice(0, -1)
    const exact = (parts: string[]) => {
      const path = joined(parts)
      return path !== undefined && this.#paths.has(path) ? path : undefined
    }
    if (wanted.startsWith('/')) return exact(wanted.slice(1).split('/'))
    if (wanted.startsWith('./') || wanted.startsWith('../'))
      return exact([...folder, ...wanted.split('/')])
    const here =
      exact(wanted.split('/')) ??
      (wanted.includes('/') ? exact([...folder, ...wanted.split('/')]) : undefined)
    if (here !== undefined) return here
    const isHere = (path: string) => path.split('/').slice(0, -1).join('/') === folder.join('/')
    return (this.#named.get(wanted.split('/').at(-1) ?? '') ?? [])
      .filter((path) => path === wanted || path.endsWith(`/${wanted}`))
      .toSorted(
        (a, b) =>
          Number(isHere(b)) - Number(isHere(a)) ||
          a.length - b.length ||
          ((this.#paths.get(a) ?? '') < (this.#paths.get(b) ?? '') ? -1 : 1),
      )[0]
  }
}

/** A path without `.` and `..`; nothing when it leads out of the root. */
function joined(parts: string[]): string | undefined {
  const path: string[] = []
  for (const part of parts) {
    if (part === '' || part === '.') continue
    if (part !== '..') path.push(part)
    else if (path.pop() === undefined) return undefined
  }
  return path.join('/')
}
