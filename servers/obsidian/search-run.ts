import type { NoteHit } from '../../schemas/note.ts'
import type { Context } from '../kit/context.ts'
import { readTextFile } from '../kit/files/text-file.ts'
import { lineAt } from '../kit/markdown/scan.ts'
import type { Note } from './note-scan.ts'
import { scanNote } from './note-scan.ts'
import type { Found, Matcher } from './query/search-match.ts'
import { compileSearch, matchSearch } from './query/search-match.ts'
import { parseSearch } from './query/search-parser.ts'
import type { Vault } from './vaults.ts'
import { absolute } from './vaults.ts'

const parallel = 32

/** A search prepared for `searchNotes`. */
export const matcherOf = (query: string): Matcher => compileSearch(parseSearch(query))

/** Reads the notes one after another, some at a time, and keeps the hits of those that fit. */
export async function searchNotes(
  ctx: Context,
  vault: Vault,
  paths: string[],
  matcher: Matcher,
  { limit, excerptChars }: { limit: number; excerptChars: number },
): Promise<{ items: NoteHit[]; total: number }> {
  const items: NoteHit[] = []
  let total = 0
  for (let at = 0; at < paths.length; at += parallel) {
    ctx.signal.throwIfAborted()
    const batch = await Promise.all(
      paths.slice(at, at + parallel).map(async (path) => {
        const file = await readTextFile(await absolute(vault, path), path).catch(() => undefined) // Not text, or gone: it fits nothing.
        if (!file) return undefined
        const note = scanNote(file.text)
        const found = matchSearch(matcher, path, note)
        return found && { path, etag: file.etag, note, found }
      }),
    )
    for (const fitting of batch) {
      if (!fitting) continue
      total++
      if (items.length < limit) items.push(hitOf(fitting, excerptChars))
    }
  }
  return { items, total }
}

type Fitting = { path: string; etag: string; note: Note; found: Found[] }

function hitOf({ path, etag, note, found }: Fitting, excerptChars: number): NoteHit {
  const { scan } = note
  const first = found[0]
  const start = first?.start ?? scan.front?.blockEnd ?? 0
  const line = lineAt(scan.lines, start)
  const lead = Math.max(line?.start ?? 0, start - Math.floor(excerptChars / 3))
  const excerpt = scan.text.slice(lead, lead + excerptChars)
  const heading = scan.headings.findLast((other) => other.start <= start && start < other.end)
  const endLine = lineAt(scan.lines, lead + excerpt.length)?.number ?? line?.number ?? 1
  return {
    path,
    etag,
    line: line?.number ?? 1,
    endLine,
    heading: heading?.path ?? [],
    excerpt: excerpt.trim(),
  }
}

/** A note as a hit of its own beginning. */
export async function plainHit(
  vault: Vault,
  path: string,
  excerptChars: number,
): Promise<NoteHit[]> {
  const file = await readTextFile(await absolute(vault, path), path).catch(() => undefined) // Not text, or gone.
  return file
    ? [hitOf({ path, etag: file.etag, note: scanNote(file.text), found: [] }, excerptChars)]
    : []
}
