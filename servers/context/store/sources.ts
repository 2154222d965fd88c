import type { SourceKind, Trust } from '../../../schemas/context.ts'
import type { IngestReport } from '../../kit/context-index.ts'
import type { Reader, Row, SqlValue, Transaction, Writer } from '../../kit/sql.ts'
import { anyOf } from '../../kit/sql.ts'

/** A row of `context_sources`. */
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

/** Enough for a search over everything of an org; more are reached by naming them. */
const maxSearched = 2000
const maxProblemChars = 1000

export const readSource = (reader: Reader, id: string): Promise<SourceRow | undefined> =>
  reader.get<SourceRow>('SELECT * FROM context_sources WHERE id = :id', { id })

/** Sources that are called so by id, name or path. */
export const sourcesCalled = (reader: Reader, asked: string): Promise<SourceRow[]> =>
  reader.all<SourceRow>(
    'SELECT * FROM context_sources WHERE id = :asked OR name = :asked OR uri = :asked',
    { asked },
  )

/** The sources of some orgs, or of all. */
export const sourcesOf = (reader: Reader, orgs: string[] | undefined): Promise<SourceRow[]> =>
  reader.all<SourceRow>(
    `SELECT * FROM context_sources ${orgs === undefined ? '' : `WHERE org ${anyOf('orgs')}`}
     ORDER BY org, kind, name, id LIMIT ${maxSearched}`,
    orgs === undefined ? {} : { orgs: JSON.stringify(orgs) },
  )

/** One page of sources, newest first; `count` is one more than is shown. */
export function pageOfSources(
  reader: Reader,
  asked: {
    orgs: string[] | undefined
    kind: SourceKind | undefined
    before: string
    count: number
  },
): Promise<SourceRow[]> {
  const { orgs, kind, before, count } = asked
  const filters: Record<string, SqlValue> = {
    ...(orgs === undefined ? {} : { orgs: JSON.stringify(orgs) }),
    ...(kind === undefined ? {} : { kind }),
  }
  const where = [
    'id < :before',
    ...(orgs === undefined ? [] : [`org ${anyOf('orgs')}`]),
    ...(kind === undefined ? [] : ['kind = :kind']),
  ].join(' AND ')
  return reader.all<SourceRow>(
    `SELECT * FROM context_sources WHERE ${where} ORDER BY id DESC LIMIT :count`,
    { ...filters, before, count },
  )
}

export const sourcesWithRetention = (reader: Reader): Promise<SourceRow[]> =>
  reader.all<SourceRow>('SELECT * FROM context_sources WHERE retention_days IS NOT NULL')

export type NewSource = Pick<SourceRow, 'id' | 'org' | 'kind' | 'uri' | 'name'> & {
  ref: string | undefined
  trust: Trust | undefined
  retentionDays: number | undefined
}

/** Adds a source, or changes what is given of the one that its org has under that kind and address. */
export const ensureSource = (writer: Writer, source: NewSource): Promise<SourceRow> =>
  writer.transaction(async (tx) => {
    const { id, org, kind, uri, name } = source
    const given = {
      org,
      kind,
      uri,
      ref: source.ref ?? null,
      trust: source.trust ?? null,
      retention_days: source.retentionDays ?? null,
    }
    const added = await tx.run(
      `INSERT INTO context_sources
         (id, org, kind, uri, name, ref, trust, retention_days, state, documents, chunks, created_at)
       VALUES (:id, :org, :kind, :uri, :name, :ref, coalesce(:trust, 'own'), :retention_days, 'pending', 0, 0, :now)
       ON CONFLICT (org, kind, uri) DO NOTHING`,
      { ...given, id, name, now: tx.now },
    )
    if (added === 0)
      await tx.run(
        `UPDATE context_sources SET ref = coalesce(:ref, ref), trust = coalesce(:trust, trust),
           retention_days = coalesce(:retention_days, retention_days)
         WHERE org = :org AND kind = :kind AND uri = :uri`,
        given,
      )
    else {
      await tx.event({ kind: 'context.source_added', org, subject: id, data: { kind, uri } })
      tx.about(id)
    }
    const row = await tx.get<SourceRow>(
      'SELECT * FROM context_sources WHERE org = :org AND kind = :kind AND uri = :uri',
      { org, kind, uri },
    )
    return row! // Added or changed just above.
  })

/** Keeps what an ingest did. */
export const saveReport = (writer: Writer, row: SourceRow, report: IngestReport): Promise<void> =>
  writer.transaction(async (tx) => {
    const { documents, chunks, revision, added, removed } = report
    await tx.run(
      `UPDATE context_sources SET state = 'ready', problem = NULL, documents = :documents, chunks = :chunks,
         revision = CASE WHEN :revision = '' THEN revision ELSE :revision END, indexed_at = :now
       WHERE id = :id`,
      { id: row.id, documents, chunks, revision, now: tx.now },
    )
    await changed(tx, row, 'context.ingested', { added, removed })
  })

/** Keeps why an ingest failed; what was read before is still searched. */
export const saveProblem = (writer: Writer, id: string, problem: string): Promise<void> =>
  writer.transaction(async (tx) => {
    await tx.run(
      `UPDATE context_sources SET problem = :problem,
         state = CASE WHEN indexed_at IS NULL THEN 'failed' ELSE state END
       WHERE id = :id`,
      { id, problem: problem.slice(0, maxProblemChars) },
    )
  })

export const deleteSource = (writer: Writer, row: SourceRow, forgotten: number): Promise<void> =>
  writer.transaction(async (tx) => {
    await tx.run('DELETE FROM context_sources WHERE id = :id', { id: row.id })
    await changed(tx, row, 'context.forgotten', { forgotten })
  })

/** Counts documents off that the index has forgotten. */
export const countForgotten = (writer: Writer, row: SourceRow, forgotten: number): Promise<void> =>
  writer.transaction(async (tx) => {
    await tx.run(
      `UPDATE context_sources
       SET documents = CASE WHEN documents > :forgotten THEN documents - :forgotten ELSE 0 END
       WHERE id = :id`,
      { id: row.id, forgotten },
    )
    await changed(tx, row, 'context.forgotten', { forgotten })
  })

async function changed(
  tx: Transaction,
  { id, org }: SourceRow,
  kind: string,
  data: Record<string, number>,
): Promise<void> {
  await tx.event({ kind, org, subject: id, data })
  tx.about(id)
}
