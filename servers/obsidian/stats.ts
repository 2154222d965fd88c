import { z } from 'zod'
import { defineTool } from '../kit/tool.ts'
import { Slices } from './slices.ts'
import { openVault, vaultInput, visibleVaults } from './vaults.ts'

const shown = 30

export const vaultRead = defineTool({
  name: 'vault_read',
  title: 'Read a vault',
  description:
    'Shows a vault: how many notes, where notes may be changed, its folders and tags, links that lead nowhere, and notes whose properties cannot be read. Lists all vaults when there are several and none is named.',
  effect: 'read',
  scope: 'note:read',
  input: vaultInput,
  output: z.object({
    vaults: z.array(z.object({ name: z.string(), writable: z.array(z.string()) })),
    vault: z
      .object({
        name: z.string(),
        notes: z.int(),
        files: z.int(),
        writable: z.array(z.string()),
        watching: z.boolean(),
        folders: z.array(z.object({ path: z.string(), notes: z.int() })),
        tags: z.array(z.object({ tag: z.string(), notes: z.int() })),
        links: z.object({ total: z.int(), unresolved: z.int(), ambiguous: z.int() }),
        unresolved: z.array(z.object({ source: z.string(), target: z.string(), line: z.int() })),
        problems: z.array(z.object({ path: z.string(), message: z.string() })),
        tasks: z.object({ open: z.int(), done: z.int(), other: z.int() }),
      })
      .optional(),
  }),
  run: async (input, ctx) => {
    const visible = visibleVaults(ctx)
    const vaults = visible.map(([name, { write }]) => ({ name, writable: write }))
    if (input.vault === undefined && visible.length !== 1) return { vaults }
    const { name, config, index } = await openVault(ctx, input.vault)
    const folders = new Map<string, number>()
    const tags = new Map<string, number>()
    const tasks = { open: 0, done: 0, other: 0 }
    const { total, ambiguous, unresolved } = await index.links()
    const slices = new Slices()
    const problems: { path: string; message: string }[] = []
    for (const note of index.notes.values()) {
      if (slices.isOver) await slices.next()
      count(folders, note.path.includes('/') ? (note.path.split('/')[0] ?? '') : '/')
      for (const tag of note.tags) count(tags, tag)
      if (note.problem !== undefined && problems.length < shown)
        problems.push({ path: note.path, message: note.problem })
      for (const state of ['open', 'done', 'other'] as const) tasks[state] += note.tasks[state]
    }
    return {
      vaults,
      vault: {
        name,
        notes: index.notes.size,
        files: index.tree.files.size,
        writable: config.write,
        watching: index.tree.watching,
        folders: top(folders).map(([path, notes]) => ({ path, notes })),
        tags: top(tags).map(([tag, notes]) => ({ tag, notes })),
        links: { total, unresolved: unresolved.length, ambiguous },
        unresolved: unresolved.slice(0, shown),
        problems,
        tasks,
      },
    }
  },
})

const count = (counts: Map<string, number>, key: string) =>
  counts.set(key, (counts.get(key) ?? 0) + 1)

const top = (counts: Map<string, number>): [string, number][] =>
  [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, shown)
