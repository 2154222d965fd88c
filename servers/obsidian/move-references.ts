import type { Node } from 'jsonc-parser'
import type { Edit } from '../kit/files/edits.ts'
import { applyEdits } from '../kit/files/edits.ts'
import { jsonc } from '../kit/lazy.ts'
import { scanWikilinks } from './link-scan.ts'
import type { World } from './link-edits.ts'
import { linkEdits } from './link-edits.ts'

/**
 * JSON Canvas 1.0: file nodes and a group's background name a path, text nodes
 * hold Markdown. Everything else stays as it is.
 */
export function canvasEdits(text: string, world: World): Edit[] {
  const tree = jsonc().parseTree(text, [], { allowTrailingComma: true })
  const nodes = child(tree, 'nodes')?.children ?? []
  return nodes.flatMap((node): Edit[] => {
    for (const key of ['file', 'background']) {
      const file = child(node, key)
      const moved = typeof file?.value === 'string' ? world.moves.get(file.value) : undefined
      if (file && moved !== undefined) return [replace(file, moved)]
    }
    const words = child(node, 'text')
    if (!words || typeof words.value !== 'string') return []
    const markdown = words.value
    const edits = linkEdits(markdown, world)
    return edits.length === 0 ? [] : [replace(words, applyEdits(markdown, edits))]
  })
}

const child = (node: Node | undefined, key: string): Node | undefined =>
  node?.children?.find((property) => property.children?.[0]?.value === key)?.children?.[1]

const replace = (node: Node, value: string): Edit => ({
  start: node.offset,
  end: node.offset + node.length,
  text: JSON.stringify(value),
})

/** Bases name files in quotes, as in `file("Folder/Note.md")`, `inFolder("Folder")`, and in wikilinks. */
export function literalEdits(text: string, world: World): Edit[] {
  const { moves } = world
  const links = linkEdits(text, world, scanWikilinks(text))
  const folders = movedFolders(moves)
  const literals = [...text.matchAll(/(["'])((?:(?!\1)[^\\\n])*)\1/g)].flatMap((found): Edit[] => {
    const value = found[2] ?? ''
    const start = (found.index ?? 0) + 1
    const moved =
      moves.get(value) ?? folders.get(value) ?? moves.get(`${value}.md`)?.replace(/\.md$/, '')
    const isInLink = links.some((link) => link.start >= start && link.end <= start + value.length)
    return moved === undefined || isInLink
      ? []
      : [{ start, end: start + value.length, text: moved }]
  })
  return [...links, ...literals]
}

/** Folders all of whose files go to one other folder. */
function movedFolders(moves: Map<string, string>): Map<string, string> {
  const folders = new Map<string, string>()
  for (const [from, to] of moves) {
    const [a, b] = [from.split('/'), to.split('/')]
    while (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-1)) {
      a.pop()
      b.pop()
      if (moves.size > 1) folders.set(a.join('/'), b.join('/'))
    }
  }
  return folders
}
