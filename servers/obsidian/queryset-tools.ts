import { z } from 'zod'
import { HubError } from '../../schemas/errors.ts'
import { longPageInput, page } from '../../schemas/page.ts'
import { QuerySet } from '../../schemas/note.ts'
import { pageWithin } from '../kit/page.ts'
import { defineTool } from '../kit/tool.ts'
import { openVault, vaultInput } from './vaults.ts'
import { rowsText } from './texts.ts'

// What reads and runs queries is loaded by the first one.
const definitions = () => import('./querysets.ts')

export const querysetList = defineTool({
  name: 'queryset_list',
  title: 'List query sets',
  description:
    'Lists the named, read-only queries of a vault: views of .base files, query blocks in notes, bookmarked searches, and those that the hub is configured with. Run one with queryset_run.',
  effect: 'read',
  scope: 'note:read',
  input: { ...vaultInput, ...longPageInput },
  output: z.object({
    ...page(QuerySet).shape,
    total: z.int(),
    problems: z.array(z.object({ path: z.string(), message: z.string() })),
  }),
  run: async ({ vault: name, ...asked }, ctx) => {
    const { listQuerySets } = await definitions()
    const { sets, problems } = await listQuerySets(await openVault(ctx, name))
    const { items: shown, ...rest } = pageWithin(sets, asked, (set) => `${set.vault} ${set.name}`)
    const items = shown.map((set) => ({
      name: set.name,
      kind: set.kind,
      vault: set.vault,
      version: set.version,
      description: set.description,
      ...(set.path === undefined ? {} : { path: set.path }),
      ...(set.problem === undefined ? {} : { problem: set.problem }),
    }))
    return { ...rest, items, total: sets.length, problems: problems.slice(0, 50) }
  },
})

const Row = z.object({
  path: z.string(),
  etag: z.string().optional(),
  line: z.int().optional(),
  endLine: z.int().optional(),
  heading: z.array(z.string()).optional(),
  excerpt: z.string().optional(),
  values: z.record(z.string(), z.unknown()).optional(),
  group: z.string().optional(),
})

export const querysetRun = defineTool({
  name: 'queryset_run',
  title: 'Run a query set',
  description:
    'Runs a query set by its name and returns the notes it holds, in its order, with the columns of a base. A formula or function that is not supported is an error with its position, never a wider answer.',
  effect: 'read',
  scope: 'note:read',
  input: {
    ...vaultInput,
    name: z.string().min(1).max(1000).describe('Name, as queryset_list shows it'),
    version: z.string().max(64).optional().describe('Refuse when the definition is another by now'),
    this: z.string().max(1000).optional().describe('Note that `this` stands for in a base'),
    fields: z
      .array(z.string().max(200))
      .max(50)
      .optional()
      .describe(
        'Columns of a base to return, such as file.name, due or formula.age; default: those of the view',
      ),
    limit: z.int().min(1).max(500).default(50).describe('Most rows to return'),
    excerpt_chars: z
      .int()
      .min(0)
      .max(2000)
      .default(200)
      .describe('Most characters of each excerpt of a search'),
  },
  output: z.object({
    name: z.string(),
    kind: z.enum(['base', 'search', 'inline']),
    version: z.string(),
    columns: z.array(z.string()).optional(),
    rows: z.array(Row),
    total: z.int(),
    truncated: z.boolean(),
    summaries: z.record(z.string(), z.unknown()).optional(),
  }),
  text: rowsText,
  run: async (input, ctx) => {
    const vault = await openVault(ctx, input.vault)
    const [{ findQuerySet }, { runSet }] = await Promise.all([
      definitions(),
      import('./queryset-run.ts'),
    ])
    const set = await findQuerySet(vault, input.name)
    if (input.version !== undefined && input.version !== set.version) {
      throw new HubError('conflict', `the definition of ${set.name} has changed`, {
        hint: 'Look at it again, then run it without `version` or with the new one.',
        details: { version: set.version },
      })
    }
    const { rows, total, ...more } = await runSet(ctx, vault, set, input)
    return {
      name: set.name,
      kind: set.kind,
      version: set.version,
      rows,
      total,
      truncated: total > rows.length,
      ...more,
    }
  },
})
