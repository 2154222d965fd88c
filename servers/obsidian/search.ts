import { z } from 'zod'
import { NoteHit as Hit } from '../../schemas/note.ts'
import { defineTool } from '../kit/tool.ts'
import { nameOf } from './note-meta.ts'
import { Slices } from './slices.ts'
import type { VaultIndex } from './vault-index.ts'
import { openVault, vaultInput } from './vaults.ts'
import { foundNotesText } from './texts.ts'

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
  text: foundNotesText,
  run: async (input, ctx) => {
    const { name, index } = await openVault(ctx, input.vault)
    const folder = input.folder?.replace(/^\/|\/$/g, '') || undefined
    const { query, mode, limit, excerpt_chars: excerptChars } = input
    if (mode === 'query') {
      const found = await index.search({ query, folder, limit, excerptChars }, ctx.signal)
      return { vault: name, ...found, truncated: found.total > found.items.length }
    }
    const paths = await byName(index, folder, query)
    const request = { paths: paths.slice(0, limit), limit, excerptChars }
    const { items } = await index.search(request, ctx.signal)
    return { vault: name, items, total: paths.length, truncated: paths.length > limit }
  },
})

/** Names that begin with the words come first, then those that hold them; aliases count. */
async function byName(
  index: VaultIndex,
  folder: string | undefined,
  query: string,
): Promise<string[]> {
  const wanted = query.toLowerCase()
  const slices = new Slices()
  const found: { path: string; rank: number }[] = []
  for (const { path, aliases } of index.notes.values()) {
    if (slices.isOver) await slices.next()
    if (folder !== undefined && !path.startsWith(`${folder}/`)) continue
    const rank = rankOf(path, aliases, wanted)
    if (rank !== unfit) found.push({ path, rank })
  }
  return found
    .sort((a, b) => a.rank - b.rank || a.path.length - b.path.length || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path)
}

const unfit = 3

function rankOf(path: string, aliases: string[], wanted: string): number {
  const names = [nameOf(path), ...aliases].map((name) => name.toLowerCase())
  if (names.includes(wanted)) return 0
  if (names.some((name) => name.startsWith(wanted))) return 1
  const isPart = names.some((name) => name.includes(wanted)) || path.toLowerCase().includes(wanted)
  return isPart ? 2 : unfit
}
