import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { ContextSource, SourceKind, Trust } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import { Org } from '../../schemas/principal.ts'
import type { IngestReport, InlineDocument } from '../kit/context-index.ts'
import type { Context } from '../kit/context.ts'
import { defineTool } from '../kit/tool.ts'
import { assertOwner, placeOf } from './places.ts'
import type { SourceRow } from './source-rows.ts'
import { findSource, isPlace, saveProblem, saveReport, toIndexed, toSource } from './source-rows.ts'

const Document = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(1000)
    .describe('Name of the document in its source; the same name replaces it'),
  text: z.string().max(4_000_000).describe('Text; secrets are taken out before it is stored'),
  revision: z.string().max(100).default('').describe('Version of the text, such as a commit'),
})

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
  output: z.object({
    source: ContextSource,
    done: z.boolean().describe('Whether everything was read; false when wait_ms was too short'),
    added: z.int(),
    removed: z.int(),
    skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
    skippedCount: z.int(),
  }),
  run: async (input, ctx) => {
    const row =
      input.source === undefined ? await ensureSource(ctx, input) : findSource(ctx, input.source)
    if ((input.documents || input.file) && isPlace(row.kind)) {
      throw new HubError(
        'invalid',
        `${row.name} is read from ${row.uri}; documents cannot be handed in for it`,
        { hint: 'Use a source of the kind text, log, change or decision.' },
      )
    }
    const running = runIngest(ctx, row, input)
    const report = await Promise.race([running, after(input.wait_ms)])
    if (report === undefined)
      running.catch((error: unknown) => ctx.log.warn({ error, source: row.id }, 'an ingest failed'))
    const fresh =
      ctx.store.get<SourceRow>('SELECT * FROM context_sources WHERE id = :id', { id: row.id }) ??
      row
    const { added = 0, removed = 0, skipped = [], skippedCount = 0 } = report ?? {}
    const done = report !== undefined
    return { source: toSource(fresh), done, added, removed, skipped, skippedCount }
  },
})

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
  rebuild: boolean
}

/** Reads or takes what is given, and keeps in the source's row how that went. */
async function runIngest(
  ctx: Context,
  row: SourceRow,
  { documents, file, rebuild }: Asked,
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
    const report =
      file === undefined
        ? await ctx.context.ingest(source, inline ?? (isPlace(row.kind) ? undefined : []), rebuild)
        : await ctx.context.importFrom(source, await exportedFile(ctx, file))
    await ctx.write((tx) => {
      saveReport(tx, row.id, report)
      tx.event({
        kind: 'context.ingested',
        org: row.org,
        subject: row.id,
        data: { added: report.added, removed: report.removed },
      })
      tx.about(row.id)
    })
    return report
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    await ctx.store.write((tx) => saveProblem(tx, row.id, problem))
    throw error
  }
}

/** Only owners name files of the hub's machine. */
async function exportedFile(ctx: Context, file: string): Promise<string> {
  assertOwner(ctx, file)
  if (!isAbsolute(file)) throw new HubError('invalid', `${file} is not an absolute path`)
  const found = await stat(file).catch(() => undefined) // Any failure means: cannot be read.
  if (found?.isFile()) return file
  throw new HubError('not_found', `there is no file ${file}`)
}

async function ensureSource(ctx: Context, asked: Asked): Promise<SourceRow> {
  const { kind, uri } = asked
  if (kind === undefined || uri === undefined) {
    throw new HubError('invalid', 'name a known `source`, or the `kind` and `uri` of a new one', {
      hint: 'Such as kind "repo" and the path of a repository.',
    })
  }
  const place = await placeOf(ctx, kind, uri, asked.org)
  const id = ctx.id('ctx')
  return ctx.write((tx) => {
    const known = tx.get<SourceRow>(
      'SELECT * FROM context_sources WHERE org = :org AND kind = :kind AND uri = :uri',
      { org: place.org, kind, uri: place.uri },
    )
    const given = {
      ref: asked.ref ?? known?.ref ?? null,
      trust: asked.trust ?? known?.trust ?? 'own',
      retention_days: asked.retention_days ?? known?.retention_days ?? null,
    }
    if (known) {
      tx.run(
        'UPDATE context_sources SET ref = :ref, trust = :trust, retention_days = :retention_days WHERE id = :id',
        { ...given, id: known.id },
      )
      return { ...known, ...given }
    }
    const row: SourceRow = {
      id,
      org: place.org,
      kind,
      uri: place.uri,
      name: asked.name ?? place.name,
      ...given,
      state: 'pending',
      problem: null,
      revision: null,
      documents: 0,
      chunks: 0,
      created_at: tx.now,
      indexed_at: null,
    }
    tx.insert('context_sources', row)
    tx.event({
      kind: 'context.source_added',
      org: place.org,
      subject: id,
      data: { kind, uri: place.uri },
    })
    tx.about(id)
    return row
  })
}

const after = (ms: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(resolve, ms, undefined).unref())
