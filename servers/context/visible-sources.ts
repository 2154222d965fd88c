import type { ContextSource, SourceKind, Trust } from '../../schemas/context.ts'
import { HubError } from '../../schemas/errors.ts'
import type { IndexedSource, IngestReport } from '../kit/context-index.ts'
import type { Context } from '../kit/context.ts'
import { maySee, orgFilter } from '../kit/context.ts'
import type { Row, Tx } from '../kit/tx.ts'

export type SourceRow = Row & {
  id: string
  org: string
  name: string
  kind: SourceKind
  uri: string
  ref: string | null
  trust: Trust
  retention_days: number | null
  state: 'pending' | 'ready' | 'failed'
  problem: string | null
  revision: string | null
  documents: number
  chunks: number
  created_at: number
  indexed_at: number | null
}

/** Kinds that are read from a place on this machine; the others hold what is handed in. */
export const isPlace = (kind: SourceKind): boolean =>
  ['repo', 'vault', 'spec', 'folder'].includes(kind)

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

/** As the index knows it. Folders that a vault leaves out are left out of its context too. */
export function toIndexed(ctx: Pick<Context, 'config'>, row: SourceRow): IndexedSource {
  const vault =
    row.kind === 'vault'
      ? Object.values(ctx.config.file.vaults).find(({ path }) => path === row.uri)
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

/** The sources that a caller may search: those of its orgs, or of one; an agent's repositories are its task's alone. */
export function visibleSources(ctx: Context, org: string | undefined): SourceRow[] {
  const orgs = orgFilter(ctx, org)
  const where = orgs === undefined ? '' : 'WHERE org IN (SELECT value FROM json_each(:orgs))'
  const rows = ctx.store.all<SourceRow>(
    `SELECT * FROM context_sources ${where} ORDER BY org, kind, name, id LIMIT 2000`,
    orgs === undefined ? {} : { orgs: JSON.stringify(orgs) },
  )
  return rows.filter((row) => mayRead(ctx, row))
}

const mayRead = ({ principal }: Context, { kind, uri }: SourceRow): boolean =>
  principal.kind !== 'agent' || !['repo', 'spec', 'folder'].includes(kind) || uri === principal.repo

/** A source by its id or its name. */
export function findSource(ctx: Context, asked: string): SourceRow {
  const rows = ctx.store
    .all<SourceRow>(
      'SELECT * FROM context_sources WHERE id = :asked OR name = :asked OR uri = :asked',
      { asked },
    )
    .filter((row) => maySee(ctx, row.org) && mayRead(ctx, row))
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

export function saveReport(tx: Tx, id: string, report: IngestReport): void {
  const { documents, chunks, revision } = report
  tx.run(
    `UPDATE context_sources SET state = 'ready', problem = NULL, documents = :documents, chunks = :chunks,
       revision = CASE WHEN :revision = '' THEN revision ELSE :revision END, indexed_at = :now WHERE id = :id`,
    { id, documents, chunks, revision, now: tx.now },
  )
}

export function saveProblem(tx: Tx, id: string, problem: string): void {
  tx.run(
    `UPDATE context_sources SET state = CASE WHEN indexed_at IS NULL THEN 'failed' ELSE state END, problem = :problem WHERE id = :id`,
    { id, problem: problem.slice(0, 1000) },
  )
}
