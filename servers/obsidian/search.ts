import { z } from 'zod'
import { NoteHit as Hit } from '../../schemas/note.ts'
import { defineTool } from '../kit/tool.ts'
import { nameOf } from './vault-index.ts'
import type { Vault } from './vaults.ts'
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
    const { matcherOf, plainHit, searchNotes } = await import('./search-run.ts') // With the first search.
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
    const found = await searchNotes(ctx, vault, paths, matcherOf(input.query), {
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
