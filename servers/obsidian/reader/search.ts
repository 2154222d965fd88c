import type { NoteHit } from '../../../schemas/note.ts'
import { etagOf } from '../../kit/files/text-file.ts'
import { lineAt, scanMarkdown } from '../../kit/markdown/scan.ts'
import type { Matcher } from '../query/search-match.ts'
import { compileSearch, isMatch, placesIn } from '../query/search-match.ts'
import { parseSearch } from '../query/search-parser.ts'
import type { SearchedNote } from '../query/searched-note.ts'
import { Slices } from '../slices.ts'
import type { NoteTexts } from './note-texts.ts'

export type SearchRequest = {
  /** A search as the search field takes it; without one every note fits, by its beginning. */
  query?: string | undefined
  /** Only notes below this folder. */
  folder?: string | undefined
  /** Only these notes, in this order; default: all, in the order of their paths. */
  paths?: string[] | undefined
  limit: number
  excerptChars: number
}

export type SearchResult = { items: NoteHit[]; total: number }

/** Searches the notes of a vault, some milliseconds at a time, and keeps the first hits. */
export async function searchNotes(
  texts: NoteTexts,
  { query, folder, paths = texts.paths, limit, excerptChars }: SearchRequest,
  signal: AbortSignal,
): Promise<SearchResult> {
  const matcher = query === undefined ? undefined : compileSearch(parseSearch(query))
  const slices = new Slices()
  const items: NoteHit[] = []
  let total = 0
  for (const path of paths) {
    if (folder !== undefined && !path.startsWith(`${folder}/`)) continue
    if (slices.isOver) {
      await slices.next()
      signal.throwIfAborted()
    }
    const note = texts.held(path) ?? (await texts.readAgain(path))
    if (!note || (matcher && !isMatch(matcher, note))) continue
    total++
    if (items.length < limit) items.push(hitOf(note, matcher, excerptChars))
  }
  return { items, total }
}

function hitOf(note: SearchedNote, matcher: Matcher | undefined, excerptChars: number): NoteHit {
  const scan = scanMarkdown(note.text)
  const first = matcher && placesIn(matcher, note)[0]
  const start = first?.start ?? scan.front?.blockEnd ?? 0
  const line = lineAt(scan.lines, start)
  const lead = Math.max(line?.start ?? 0, start - Math.floor(excerptChars / 3))
  const excerpt = note.text.slice(lead, lead + excerptChars)
  const heading = scan.headings.findLast((other) => other.start <= start && start < other.end)
  const endLine = lineAt(scan.lines, lead + excerpt.length)?.number ?? line?.number ?? 1
  return {
    path: note.path,
    etag: etagOf(note.text),
    line: line?.number ?? 1,
    endLine,
    heading: heading?.path ?? [],
    excerpt: excerpt.trim(),
  }
}
