import { join } from 'node:path'
import { z } from 'zod'
import { ContextSource, SourceKind } from '../../schemas/context.ts'
import { page, pageInput } from '../../schemas/page.ts'
import { Org } from '../../schemas/principal.ts'
import { orgFilter } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { cursorKey, pageOf } from '../kit/page.ts'
import {
  countForgotten,
  deleteSource,
  pageOfSources,
  sourcesWithRetention,
} from './store/sources.ts'
import { findSource, mayRead, toSource } from './visible-sources.ts'
import { sourcesText } from './texts.ts'

const dayMs = 86_400_000
/** Above every id of ours, so that the list starts at the newest. */
const highestId = '~'

export const contextSourceList = defineTool({
  name: 'context_source_list',
  title: 'List context sources',
  description:
    'Lists what was taken into the context store: repositories, vaults, specs, logs, changes and decisions, each with its size, revision and last problem. Use context_ingest to add one or bring it up to date.',
  effect: 'read',
  scope: 'context:read',
  input: {
    org: Org.optional().describe('Only this org'),
    kind: SourceKind.optional().describe('Only this kind'),
    ...pageInput,
  },
  output: page(ContextSource),
  text: sourcesText,
  run: async ({ org, kind, cursor, limit }, ctx) => {
    const rows = await pageOfSources(ctx.reader, {
      orgs: orgFilter(ctx, org),
      kind,
      before: cursorKey(cursor, highestId),
      count: limit + 1,
    })
    const { items, next } = pageOf(
      rows,
      limit,
      (row) => row,
      ({ id }) => id,
    )
    return { items: items.filter((row) => mayRead(ctx, row)).map(toSource), next }
  },
})

export const contextForget = defineTool({
  name: 'context_forget',
  title: 'Forget context',
  description:
    'Removes a source, or some documents of one, from the context store. The files it was read from are not touched. A source that is still configured or worked on may be taken in again.',
  effect: 'destroy',
  scope: 'context:write',
  input: {
    source: z.string().max(4096).describe('Source, by id, name or path'),
    paths: z
      .array(z.string().max(1000))
      .min(1)
      .max(1000)
      .optional()
      .describe('Only these documents'),
  },
  output: z.object({ source: z.string(), forgotten: z.int() }),
  run: async ({ source: asked, paths }, ctx) => {
    const row = await findSource(ctx, asked)
    if (paths === undefined) ctx.context.unfollow(row.id)
    const forgotten = await ctx.context.forget(row.org, row.id, paths)
    await (paths === undefined
      ? deleteSource(ctx, row, forgotten)
      : countForgotten(ctx, row, forgotten))
    return { source: row.id, forgotten }
  },
})

export const contextExpire = defineTool({
  name: 'context_expire',
  title: 'Expire context',
  description:
    'Forgets handed-in documents that are older than the retention of their source. The hub does it by itself every hour.',
  effect: 'destroy',
  scope: 'system',
  input: {},
  output: z.object({ forgotten: z.int() }),
  run: async (_input, ctx) => {
    let forgotten = 0
    for (const row of await sourcesWithRetention(ctx.reader)) {
      const before = ctx.now() - (row.retention_days ?? 0) * dayMs
      const count = await ctx.context.forgetOlder(row.org, row.id, before)
      if (count === 0) continue
      forgotten += count
      await countForgotten(ctx, row, count)
    }
    return { forgotten }
  },
})

export const contextExport = defineTool({
  name: 'context_export',
  title: 'Export context',
  description:
    'Writes the documents of sources to a file in the data directory, as gzipped JSON lines. Read it back, here or on another hub, with context_ingest and `file`.',
  effect: 'create',
  scope: 'admin',
  input: {
    sources: z
      .array(z.string().max(4096))
      .min(1)
      .max(100)
      .describe('Sources of one org, by id, name or path'),
    name: z
      .string()
      .regex(/^[\w-]{1,60}$/, 'a name is 1 to 60 letters, digits, dashes or underscores')
      .describe('Name of the file, without ending'),
  },
  output: z.object({ file: z.string(), documents: z.int() }),
  run: async ({ sources, name }, ctx) => {
    const rows = await Promise.all(sources.map((asked) => findSource(ctx, asked)))
    const file = join(ctx.dataDir, 'exports', `${name}.jsonl.gz`)
    const org = rows[0]?.org ?? ''
    const documents = await ctx.context.exportTo(
      org,
      rows.filter((row) => row.org === org).map(({ id }) => id),
      file,
    )
    await ctx.transaction(async (tx) => tx.about(file))
    return { file, documents }
  },
})
