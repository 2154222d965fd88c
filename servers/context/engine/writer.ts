import { hash } from 'node:crypto'
import type Database from 'better-sqlite3'
import { HubError } from '../../../schemas/errors.ts'
import type { IndexedSource, IngestReport, InlineDocument } from '../../kit/context-index.ts'
import { bumpGeneration } from './database.ts'
import type { Listing } from './listing.ts'
import type { Prepared, Raw } from './preparation.ts'

type IngestOptions = {
  /** Only these paths are compared, for changes that a watcher told of. */
  only?: Set<string> | undefined
  /** What the listing lacks stays: it is handed in piece by piece. */
  keepOthers?: boolean
  isStopped?: () => boolean
}

const documentsPerCommit = 50
/** Batches that are made into chunks at a time: one in the helper thread, one in this. */
const batchesAtOnce = 2
const shownSkips = 50

/**
 * Brings the index of a source to what the listing says: documents that are new or changed are read,
 * chunked and stored, some at a time and each whole; what the listing lacks is removed. A kill in between
 * leaves whole documents only, and the next run goes on with the rest.
 */
export async function ingest(
  db: Database.Database,
  source: IndexedSource,
  listing: Listing,
  chunk: (raws: Raw[]) => Promise<Prepared[]>,
  { only, keepOthers = false, isStopped = () => false }: IngestOptions = {},
): Promise<IngestReport> {
  const statements = prepare(db)
  const key = sourceKey(db, source.id)
  const known = new Map(
    (
      db.prepare('SELECT path, id, sha FROM document WHERE source = ?').all(source.id) as {
        path: string
        id: number
        sha: string
      }[]
    ).map((row) => [row.path, row]),
  ) // By the schema.
  const wanted = only ? listing.documents.filter(({ path }) => only.has(path)) : listing.documents
  const changed = wanted.filter(({ path, sha }) => known.get(path)?.sha !== sha)
  const present = new Set(listing.documents.map(({ path }) => path))
  const gone = keepOthers
    ? []
    : [...known.values()].filter(({ path }) => !present.has(path) && (only?.has(path) ?? true))
  const unread = new Set(changed.map(({ path }) => path))
  const commit = db.transaction((batch: Prepared[]) => {
    for (const prepared of batch)
      store(statements, source, key, known.get(prepared.document.path)?.id, prepared)
    bumpGeneration(db)
  })
  let batch: Raw[] = []
  const chunking: Promise<Prepared[]>[] = []
  let added = 0
  const begin = async () => {
    if (chunking.length === batchesAtOnce) await storeFirst()
    const prepared = chunk(batch)
    prepared.catch(() => undefined) // Awaited in its turn; until then it must not count as unhandled.
    chunking.push(prepared)
    batch = []
  }
  const storeFirst = async () => {
    const prepared = await chunking[0]
    void chunking.shift() // Only now: a batch that failed is still there to be waited for.
    if (prepared) commit.immediate(prepared)
  }
  try {
    for await (const raw of listing.read(changed)) {
      if (isStopped()) throw new HubError('canceled', 'the hub stops; what was read so far is kept')
      batch.push(raw)
      unread.delete(raw.document.path)
      added++
      if (batch.length >= documentsPerCommit) await begin()
    }
    if (batch.length > 0) await begin()
    while (chunking.length > 0) await storeFirst()
  } catch (error) {
    await Promise.allSettled(chunking) // What went wrong first is what is told.
    throw error
  }
  // What was text and is no more, and what the source lost.
  const removed = [...gone, ...[...unread].flatMap((path) => known.get(path) ?? [])]
  db.transaction(() => {
    for (const { id } of removed) remove(statements, id)
    statements.saveRevision.run({ id: source.id, revision: listing.revision, key })
    if (removed.length > 0) bumpGeneration(db)
  }).immediate()
  const skipped = [
    ...listing.skipped,
    ...[...unread].map((path) => ({ path, reason: 'not UTF-8 text' })),
  ]
  const counts = statements.count.get({ source: source.id }) as {
    documents: number
    chunks: number
  } // By its columns.
  return {
    ...counts,
    revision: listing.revision,
    added,
    removed: removed.length,
    skipped: skipped.slice(0, shownSkips),
    skippedCount: skipped.length,
  }
}

type Statements = ReturnType<typeof prepare>

const prepare = (db: Database.Database) => ({
  addDocument: db.prepare(
    `INSERT INTO document (source, path, revision, sha, modified_at, inline_text) VALUES (:source, :path, :revision, :sha, :modifiedAt, :inline)`,
  ),
  setDocument: db.prepare(
    `UPDATE document SET revision = :revision, sha = :sha, modified_at = :modifiedAt, inline_text = :inline WHERE id = :id`,
  ),
  chunkIds: db.prepare('SELECT id FROM chunk WHERE document = ?').pluck(),
  dropWords: db.prepare('DELETE FROM chunk_fts WHERE rowid = ?'),
  dropChunks: db.prepare('DELETE FROM chunk WHERE document = ?'),
  dropLinks: db.prepare('DELETE FROM link WHERE document = ?'),
  dropDocument: db.prepare('DELETE FROM document WHERE id = ?'),
  addChunk: db.prepare(
    'INSERT INTO chunk (document, crumb, line0, line1, tokens, sha, text) VALUES (:document, :headingPath, :line0, :line1, :tokens, :sha, :text)',
  ),
  addWords: db.prepare(
    'INSERT INTO chunk_fts (rowid, scope, path, crumb, body) VALUES (:id, :scope, :path, :headingPath, :body)',
  ),
  addLink: db.prepare('INSERT INTO link (document, target) VALUES (?, ?)'),
  saveRevision: db.prepare(
    `INSERT INTO source (id, revision, key) VALUES (:id, :revision, :key) ON CONFLICT (id) DO UPDATE SET revision = :revision`,
  ),
  count: db.prepare(
    `SELECT count(*) AS documents, (SELECT count(*) FROM chunk JOIN document ON document.id = chunk.document WHERE document.source = :source) AS chunks FROM document WHERE source = :source`,
  ),
})

function store(
  statements: Statements,
  source: IndexedSource,
  key: number,
  known: number | undefined,
  { document, chunks, links, inline }: Prepared,
): void {
  const { path, sha, modifiedAt, revision } = document
  const row = { revision, sha, modifiedAt, inline }
  let id = known
  if (id === undefined)
    id = Number(statements.addDocument.run({ ...row, source: source.id, path }).lastInsertRowid)
  else {
    dropChunks(statements, id)
    statements.setDocument.run({ ...row, id })
  }
  for (const { headingPath, line0, line1, tokens, text, analyzed } of chunks) {
    const digest = Buffer.from(hash('sha256', `${headingPath}\n${text}`).slice(0, 32), 'hex')
    const chunk = Number(
      statements.addChunk.run({
        document: id,
        headingPath,
        line0,
        line1,
        tokens,
        sha: digest,
        text,
      }).lastInsertRowid,
    )
    statements.addWords.run({ id: chunk, scope: `s${key}`, ...analyzed })
  }
  for (const target of links) statements.addLink.run(id, target)
}

function dropChunks(statements: Statements, document: number): void {
  for (const id of statements.chunkIds.all(document)) statements.dropWords.run(id)
  statements.dropChunks.run(document)
  statements.dropLinks.run(document)
}

function remove(statements: Statements, document: number): void {
  dropChunks(statements, document)
  statements.dropDocument.run(document)
}

/** A small number that stands for the source in the index of words. */
function sourceKey(db: Database.Database, id: string): number {
  const known = db.prepare('SELECT key FROM source WHERE id = ?').pluck().get(id)
  if (typeof known === 'number') return known
  const key = Number(db.prepare('SELECT coalesce(max(key), 0) + 1 FROM source').pluck().get())
  db.prepare(`INSERT INTO source (id, revision, key) VALUES (?, '', ?)`).run(id, key)
  return key
}

/** Removes a source, or some of its documents; returns how many went. */
export function forget(db: Database.Database, source: string, paths: string[] | undefined): number {
  const statements = prepare(db)
  const rows = db.prepare('SELECT id, path FROM document WHERE source = ?').all(source) as {
    id: number
    path: string
  }[] // By its columns.
  const chosen = paths === undefined ? rows : rows.filter(({ path }) => paths.includes(path))
  db.transaction(() => {
    for (const { id } of chosen) remove(statements, id)
    if (paths === undefined) db.prepare('DELETE FROM source WHERE id = ?').run(source)
    db.prepare('DELETE FROM vector WHERE sha NOT IN (SELECT sha FROM chunk)').run()
    bumpGeneration(db)
  }).immediate()
  return chosen.length
}

/** Handed-in documents of a source that are older than an instant. */
export const pathsBefore = (db: Database.Database, source: string, at: number): string[] =>
  db
    .prepare(
      'SELECT path FROM document WHERE source = ? AND inline_text IS NOT NULL AND modified_at < ?',
    )
    .pluck()
    .all(source, at) as string[] // One text column.

/** Has every document of a source read again; returns those that were handed in, which only the index has. */
export function beginRebuild(db: Database.Database, source: string): InlineDocument[] {
  db.prepare(`UPDATE document SET sha = '' WHERE source = ?`).run(source)
  return db
    .prepare(
      `SELECT path, inline_text AS text, revision, modified_at AS modifiedAt FROM document
       WHERE source = ? AND inline_text IS NOT NULL`,
    )
    .all(source) as InlineDocument[] // By its columns.
}
