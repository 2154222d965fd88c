import type { VaultIndex } from './vault-index.ts'

/** Where all links of a vault lead. */
export type Links = {
  /** Where each file is linked from, by its path. */
  backlinks: Map<string, { source: string; line: number }[]>
  total: number
  ambiguous: number
  unresolved: { source: string; target: string; line: number }[]
}

/** Follows every link, a note at a step, so that the work can be cut into slices. */
export function* followLinks({ notes, names }: VaultIndex): Generator<undefined, Links> {
  const links: Links = { backlinks: new Map(), total: 0, ambiguous: 0, unresolved: [] }
  for (const { path: source, links: own } of notes.values()) {
    for (const { target, line } of own) {
      const found = names.resolve(target, source)
      links.total++
      if (found.state === 'missing') links.unresolved.push({ source, target, line })
      if (found.state === 'missing' || target === '') continue
      if (found.state === 'ambiguous') links.ambiguous++
      const list = links.backlinks.get(found.path)
      if (list) list.push({ source, line })
      else links.backlinks.set(found.path, [{ source, line }])
    }
    yield
  }
  return links
}
