import { readTextFile } from '../kit/files/text-file.ts'
import type { TextFile } from '../kit/files/text-file.ts'
import type { Edit } from '../kit/files/edits.ts'
import { applyEdits } from '../kit/files/edits.ts'
import type { World } from './link-edits.ts'
import { linkEdits } from './link-edits.ts'
import { canvasEdits, literalEdits } from './move-references.ts'
import { Names } from './resolve.ts'
import type { Vault } from './vaults.ts'
import { absolute } from './vaults.ts'

/** A file to move and, for each file that refers to one of those, the edits that keep it right. */
type Rewrite = { path: string; file: TextFile; edits: Edit[]; text: string; links: number }
export type MovePlan = { moves: Map<string, string>; rewrites: Rewrite[] }

/**
 * What has to change so that every reference leads where it led before: links and embeds in notes
 * and properties, files and text of canvases, paths in bases. Only references whose meaning would
 * change are touched, and each keeps its own form: name or path, wiki or Markdown.
 */
export async function planMove(vault: Vault, moves: Map<string, string>): Promise<MovePlan> {
  const { index } = vault
  const paths = [...index.tree.files.keys()]
  const before = index.names
  const after = new Names(paths.map((path) => moves.get(path) ?? path))
  const rewrites: Rewrite[] = []
  for (const path of paths.toSorted()) {
    if (!/\.(md|canvas|base)$/i.test(path) || !mayRefer(vault, path, moves, after)) continue
    const file = await readTextFile(await absolute(vault, path), path).catch(() => undefined) // Not text: it refers to nothing.
    if (!file) continue
    const world: World = { before, after, moves, source: path }
    const edits = editsFor(file.text, world)
    if (edits.length === 0) continue
    rewrites.push({ path, file, edits, text: applyEdits(file.text, edits), links: edits.length })
  }
  return { moves, rewrites }
}

function editsFor(text: string, world: World): Edit[] {
  if (/\.canvas$/i.test(world.source)) return canvasEdits(text, world)
  if (/\.base$/i.test(world.source)) return literalEdits(text, world)
  return linkEdits(text, world)
}

/** Whether a note has to be read: what it says of itself is known, so most are passed over. */
function mayRefer(
  { index }: Vault,
  path: string,
  moves: Map<string, string>,
  after: Names,
): boolean {
  const note = index.notes.get(path)
  if (!note || note.problem !== undefined || moves.has(path)) return true
  return note.links.some(({ target }) => {
    if (target === '') return false
    const was = index.names.resolve(target, path)
    const is = after.resolve(target, path)
    return (
      was.state !== 'missing' &&
      (is.state === 'missing' || is.path !== (moves.get(was.path) ?? was.path))
    )
  })
}
