import type { ContextSource, SourceKind } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import type { IndexedSource } from '../kit/context-index.ts'
import type { Context } from '../kit/context.ts'
import { orgFilter } from '../kit/context.ts'
import type { SourceRow } from './store/sources.ts'
import { sourcesCalled, sourcesOf } from './store/sources.ts'

/** Kinds that are read from a place on this machine; the others hold what is handed in. */
export const isPlace = (kind: SourceKind): boolean => kind === 'vault' || isWorkedOn(kind)

/** Kinds whose place an agent may have as the repository of its task, and then sees no other. */
const isWorkedOn = (kind: SourceKind): boolean => ['repo', 'spec', 'folder'].includes(kind)

/** Whether the caller may search a source: one of its orgs, and for an agent of its own repository. */
export const mayRead = (ctx: Context, { org, kind, uri }: SourceRow): boolean =>
  ctx.may('row.see', { org, repo: isWorkedOn(kind) ? uri : undefined })

/** The sources that a caller may search: those of its orgs, or of one. */
export async function visibleSources(ctx: Context, org: string | undefined): Promise<SourceRow[]> {
  const rows = await sourcesOf(ctx.reader, orgFilter(ctx, org))
  return rows.filter((row) => mayRead(ctx, row))
}

/** A source by its id, name or path. */
export async function findSource(ctx: Context, asked: string): Promise<SourceRow> {
  const rows = (await sourcesCalled(ctx.reader, asked)).filter((row) => mayRead(ctx, row))
  const [found, second] = rows
  if (found && !second) return found
  if (second)
    throw new HubError('ambiguous', `${rows.length} sources are called ${JSON.stringify(asked)}`, {
      hint: `Pass an id: ${rows.map(({ id }) => id).join(', ')}.`,
    })
  throw new HubError('not_found', `there is no context source ${JSON.stringify(asked)}`, {
    hint: 'context_source_list shows them; context_ingest makes one.',
  })
}

/** A source as callers see it. */
export const toSource = (row: SourceRow): ContextSource => ({
  id: row.id,
  org: row.org,
  name: row.name,
  kind: row.kind,
  uri: row.uri,
  trust: row.trust,
  state: row.state,
  documents: row.documents,
  chunks: row.chunks,
  ...(row.ref === null ? {} : { ref: row.ref }),
  ...(row.retention_days === null ? {} : { retentionDays: row.retention_days }),
  ...(row.problem === null ? {} : { problem: row.problem }),
  ...(row.revision === null ? {} : { revision: row.revision }),
  ...(row.indexed_at === null ? {} : { indexedAt: row.indexed_at }),
})

/** A source as the index knows it. Folders that a vault leaves out are left out of its context too. */
export function toIndexed({ config }: Pick<Context, 'config'>, row: SourceRow): IndexedSource {
  const vault =
    row.kind === 'vault'
      ? Object.values(config.file.vaults).find(({ path }) => path === row.uri)
      : undefined
  return {
    id: row.id,
    org: row.org,
    kind: row.kind,
    name: row.name,
    path: isPlace(row.kind) ? row.uri : undefined,
    ref: row.ref ?? undefined,
    trust: row.trust,
    retentionDays: row.retention_days ?? undefined,
    ignore: vault?.ignore ?? [],
  }
}
