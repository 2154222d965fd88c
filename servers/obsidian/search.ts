import { z } from 'zod'
import type { NoteHit } from '../../schemas/note.ts'
import { NoteHit as Hit } from '../../schemas/note.ts'
import type { Context } from '../kit/context.ts'
import { readTextFile } from '../kit/files/text-file.ts'
import { lineAt } from '../kit/markdown/scan.ts'
import { defineTool } from '../kit/tool.ts'
import type { Note } from './note-scan.ts'
import { scanNote } from './note-scan.ts'
import type { Found, Matcher } from './query/search-match.ts'
import { compileSearch, matchSearch } from './query/search-match.ts'
import { parseSearch } from './query/search-parser.ts'
import { nameOf } from './vault-index.ts'
import type { Vault } from './vaults.ts'
import { absolute, openVault, vaultInput } from './vaults.ts'

const parallel = 32

export const noteSearch = defineTool({
  name: 'note_search',
  title: 'Search notes',
  description:
    'Searches a vault as Obsidian does: words, "phrases", OR, -not, /regular expressions/, file: path: content: tag: line: block: section: task: task-todo: task-done: match-case: and [property:value]. Use context_search to find by meaning over all sources.',
  effect: 'read',
  scope: 'note:read',
  input: {
    ...vaultInput,
    query: z
      .string()
      .min(1)
      .max(4000)
      .describe('Search, or with mode `name` the beginning or part of a name'),
    mode: z
      .enum(['query', 'name'])
      .default('query')
      .describe('Search the text, or the names and aliases only'),
    folder: z.string().max(500).optional().describe('Only notes below this folder'),
    limit: z.int().min(1).max(200).default(20).describe('Most notes to return'),
    excerpt_chars: z
      .int()
      .min(0)
      .max(2000)
      .default(200)
      .describe('Most characters of each excerpt'),
  },
  output: z.object({
    vault: z.string(),
    items: z.array(Hit),
    total: z.int(),
    truncated: z.boolean(),
  }),
  run: async (input, ctx) => {
    const vault = await openVault(ctx, input.vault)
    const folder = input.folder?.replace(/^\/|\/$/g, '')
    const paths = [...vault.index.notes.keys()]
      .filter((path) => !folder || path.startsWith(`${folder}/`))
      .toSorted()
    const excerptChars = input.excerpt_chars
    if (input.mode === 'name') {
      const fitting = byName(vault, paths, input.query)
      const items = await Promise.all(
        fitting.slice(0, input.limit).map((path) => plainHit(vault, path, excerptChars)),
      )
      return {
        vault: vault.name,
        items: items.flat(),
        total: fitting.length,
        truncated: fitting.length > input.limit,
      }
    }
    const found = await searchNotes(ctx, vault, paths, compileSearch(parseSearch(input.query)), {
      limit: input.limit,
      excerptChars,
    })
    return { vault: vault.name, ...found, truncated: found.total > found.items.length }
  },
})

/** Names that begin with the words come first, then those that hold them; aliases count. */
function byName({ index }: Vault, paths: string[], query: string): string[] {
  const wanted = query.toLowerCase()
  const rank = (path: string) => {
    const names = [nameOf(path), ...(index.notes.get(path)?.aliases ?? [])].map((name) =>
      name.toLowerCase(),
    )
    if (names.includes(wanted)) return 0
    if (names.some((name) => name.startsWith(wanted))) return 1
    return names.some((name) => name.includes(wanted)) || path.toLowerCase().includes(wanted)
      ? 2
      : 3
  }
  return paths
    .map((path) => ({ path, rank: rank(path) }))
    .filter((entry) => entry.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.path.length - b.path.length)
    .map(({ path }) => path)
}

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
