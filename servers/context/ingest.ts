import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { ContextSource, SourceKind, Trust } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import type { IngestReport, InlineDocument } from '../kit/context-index.ts'
import type { Context } from '../kit/context.ts'
import { pause } from '../kit/clock.ts'
import { assertOutsideDataDir } from '../kit/files/data-dir-guard.ts'
import { defineTool } from '../kit/tool.ts'
import { placeOf } from './places.ts'
import type { SourceRow } from './store/sources.ts'
import { ensureSource, readSource, saveProblem, saveReport } from './store/sources.ts'
import { findSource, isPlace, toIndexed, toSource } from './visible-sources.ts'

const Document = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(1000)
    .describe('Name of the document in its source; the same name replaces it'),
  text: z.string().max(4_000_000).describe('Text; secrets are taken out before it is stored'),
  revision: z.string().max(100).default('').describe('Version of the text, such as a commit'),
})

/** How an ingest went. */
export const IngestCounts = {
  done: z.boolean().describe('Whether everything was read; false when wait_ms was too short'),
  added: z.int(),
  removed: z.int(),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  skippedCount: z.int(),
}

export const contextIngest = defineTool({
  name: 'context_ingest',
  title: 'Ingest context',
  description:
    'Takes a source into the context store, or brings a known one up to date: a repository at a commit, a vault, the specs of a repository, a folder, or documents that are handed in. Only what changed is read. Returns once it is searchable, or after wait_ms with `done` false; it goes on then.',
  effect: 'create',
  scope: 'context:write',
  needsDiskRoom: true,
  idempotent: true,
  input: {
    source: z
      .string()
      .max(4096)
      .optional()
      .describe('A known source, by id, name or path, to bring up to date'),
    kind: SourceKind.optional().describe('Kind of a new source'),
    uri: z
      .string()
      .max(4096)
      .optional()
      .describe(
        'Absolute path on the hub machine, name of a vault, or a name for documents that are handed in',
      ),
    name: z.string().min(1).max(100).optional().describe('Short name; default: made from the path'),
    ref: z
      .string()
      .max(200)
      .optional()
      .describe('Branch, tag or commit of a repository; default: what is checked out'),
    trust: Trust.optional().describe(
      'Who wrote it: own, team, or external text that nobody here vouches for; default: own',
    ),
    retention_days: z
      .int()
      .min(1)
      .max(36_500)
      .optional()
      .describe('Documents that are handed in are forgotten after so many days'),
    documents: z.array(Document).min(1).max(200).optional().describe('Documents to hand in'),
    file: z.string().max(4096).optional().describe('File that context_export wrote, to read back'),
    rebuild: z.boolean().default(false).describe('Read everything again, changed or not'),
    org: Org.optional().describe('Org the source belongs to; default: your own'),
    wait_ms: z
      .int()
      .min(0)
      .max(50_000)
      .default(20_000)
      .describe('Longest time to wait for the end'),
  },
  output: z.object({ source: ContextSource, ...IngestCounts }),
  run: async (input, ctx) => {
    const row =
      input.source === undefined ? await newSource(ctx, input) : await findSource(ctx, input.source)
    if ((input.documents || input.file) && isPlace(row.kind)) {
      throw new HubError(
        'invalid',
        `${row.name} is read from ${row.uri}; documents cannot be handed in for it`,
        { hint: 'Use a source of the kind text, log, change or decision.' },
      )
    }
    return ingestFor(ctx, row, input, input.wait_ms)
  },
})

/** Starts an ingest and waits for its end, but no longer than asked; it goes on by itself then. */
export async function ingestFor(ctx: Context, row: SourceRow, asked: Asked, waitMs: number) {
  const running = runIngest(ctx, row, asked)
  const report = await Promise.race([
    running,
    pause(ctx.clock, waitMs, ctx.signal).then(() => undefined),
  ])
  if (report === undefined)
    running.catch((error: unknown) => ctx.log.warn({ error, source: row.id }, 'an ingest failed'))
  const fresh = (await readSource(ctx.reader, row.id)) ?? row
  const { added = 0, removed = 0, skipped = [], skippedCount = 0 } = report ?? {}
  const done = report !== undefined
  return { source: toSource(fresh), done, added, removed, skipped, skippedCount }
}

type Asked = {
  kind?: SourceKind | undefined
  uri?: string | undefined
  name?: string | undefined
  ref?: string | undefined
  trust?: Trust | undefined
  retention_days?: number | undefined
  org?: string | undefined
  documents?: z.output<typeof Document>[] | undefined
  file?: string | undefined
  rebuild?: boolean | undefined
}

/** Reads or takes what is given, and keeps in the source's row how that went. */
async function runIngest(
  ctx: Context,
  row: SourceRow,
  { documents, file, rebuild = false }: Asked,
): Promise<IngestReport> {
  const source = toIndexed(ctx, row)
  const modifiedAt = ctx.now()
  const inline = documents?.map(({ path, text, revision }): InlineDocument => ({
    path,
    text,
    revision: revision || String(modifiedAt),
    modifiedAt,
  }))
  try {
    if (isPlace(row.kind)) await assertOutsideDataDir(ctx, row.uri) // A link may have taken its place.
    const report =
      file === undefined
        ? await ctx.context.ingest(source, inline ?? (isPlace(row.kind) ? undefined : []), rebuild)
        : await ctx.context.importFrom(source, await exportedFile(ctx, file))
    await saveReport(ctx, row, report)
    return report
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    await saveProblem(ctx.store, row.id, problem) // The failed call has its own audit row.
    throw error
  }
}

/** Only owners name files of the hub's machine. */
async function exportedFile(ctx: Context, file: string): Promise<string> {
  ctx.ensure('source.add', { path: file, known: false })
  if (!isAbsolute(file)) throw new HubError('invalid', `${file} is not an absolute path`)
  const found = await stat(file).catch(() => undefined) // Any failure means: cannot be read.
  if (found?.isFile()) return file
  throw new HubError('not_found', `there is no file ${file}`)
}

async function newSource(ctx: Context, asked: Asked): Promise<SourceRow> {
  const { kind, uri } = asked
  if (kind === undefined || uri === undefined) {
    throw new HubError('invalid', 'name a known `source`, or the `kind` and `uri` of a new one', {
      hint: 'Such as kind "repo" and the path of a repository.',
    })
  }
  const place = await placeOf(ctx, kind, uri, asked.org)
  return ensureSource(ctx, {
    id: ctx.id('ctx'),
    kind,
    org: place.org,
    uri: place.uri,
    name: asked.name ?? place.name,
    ref: asked.ref,
    trust: asked.trust,
    retentionDays: asked.retention_days,
  })
}
