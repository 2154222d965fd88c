import { hash } from 'node:crypto'
import type Database from 'better-sqlite3'
import { HubError } from '../../../schemas/errors.ts'
import type { IndexedSource, IngestReport, InlineDocument } from '../../kit/context-index.ts'
import { analyze } from './analyze.ts'
import { chunksOf } from './chunk/chunk.ts'
import type { Chunk } from './chunk/piece.ts'
import { bumpGeneration } from './database.ts'
import type { Listed, Listing } from './listing.ts'
import { redact } from './redact.ts'
import { tokensOf } from './tokens.ts'

const documentsPerCommit = 50
const shownSkips = 50
const maxChunks = 3000

type Prepared = {
  document: Listed
  title: string
  chunks: (Chunk & { tokens: number; analyzed: { path: string; crumb: string; body: string } })[]
  links: string[]
  inline: string | null
}

/**
 * Brings the index of a source to what the listing says: documents that are new or changed are read,
 * cut and stored, some at a time and each whole; what the listing lacks is removed. A kill in between
 * leaves whole documents only, and the next run goes on with the rest. `only` limits the comparison to
 * some paths, for changes that a watcher told of.
 */
export async function ingest(
  db: Database.Database,
  source: IndexedSource,
  listing: Listing,
  only?: Set<string>,
  keepOthers = false,
  isStopped: () => boolean = () => false,
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
  let batch: Prepared[] = []
  let added = 0
  for await (const { document, text } of listing.read(changed)) {
    if (isStopped()) throw new HubError('canceled', 'the hub stops; what was read so far is kept')
    batch.push(await prepareDocument(source, document, text))
    unread.delete(document.path)
    added++
    if (batch.length < documentsPerCommit) continue
    commit.immediate(batch)
    batch = []
  }
  if (batch.length > 0) commit.immediate(batch)
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

async function prepareDocument(
  source: IndexedSource,
  document: Listed,
  raw: string,
): Promise<Prepared> {
  const { text } = redact(raw)
  const all = await chunksOf(document.path, text)
  const path = analyze(document.path)
  const chunks = all.slice(0, maxChunks).map((chunk) => ({
    ...chunk,
    tokens: tokensOf(chunk.text),
    analyzed: { path, crumb: analyze(chunk.crumb), body: analyze(chunk.text) },
  }))
  const title = all[0]?.crumb.split(' > ')[0] || (document.path.split('/').at(-1) ?? document.path)
  const links = /\.md$/i.test(document.path) ? linkTargets(text) : []
  const revision = document.revision || hash('sha1', raw).slice(0, 10)
  return {
    document: { ...document, revision },
    title,
    chunks,
    links,
    inline: document.inline === undefined ? null : text,
  }
}

/** Last parts of what a note links to: enough to count how often each name is linked. */
function linkTargets(text: string): string[] {
  const targets = new Set<string>()
  for (const found of text.matchAll(/\[\[([^\]|#\n]{1,200})|\]\(<?([^)#\s>]{1,300}\.md)/g)) {
    const name = (found[1] ?? found[2] ?? '')
      .split('/')
      .at(-1)
      ?.replace(/\.md$/i, '')
      .trim()
      .toLowerCase()
    if (name) targets.add(name)
  }
  return [...targets]
}

type Statements = ReturnType<typeof prepare>

const prepare = (db: Database.Database) => ({
  addDocument: db.prepare(
    `INSERT INTO document (source, path, title, revision, sha, modified_at, inline_text) VALUES (:source, :path, :title, :revision, :sha, :modifiedAt, :inline)`,
  ),
  setDocument: db.prepare(
    `UPDATE document SET title = :title, revision = :revision, sha = :sha, modified_at = :modifiedAt, inline_text = :inline WHERE id = :id`,
  ),
  chunkIds: db.prepare('SELECT id FROM chunk WHERE document = ?').pluck(),
  dropWords: db.prepare('DELETE FROM chunk_fts WHERE rowid = ?'),
  dropChunks: db.prepare('DELETE FROM chunk WHERE document = ?'),
  dropLinks: db.prepare('DELETE FROM link WHERE document = ?'),
  dropDocument: db.prepare('DELETE FROM document WHERE id = ?'),
  addChunk: db.prepare(
    'INSERT INTO chunk (document, crumb, line0, line1, tokens, sha, text) VALUES (:document, :crumb, :line0, :line1, :tokens, :sha, :text)',
  ),
  addWords: db.prepare(
    'INSERT INTO chunk_fts (rowid, scope, path, crumb, body) VALUES (:id, :scope, :path, :crumb, :body)',
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
  { document, title, chunks, links, inline }: Prepared,
): void {
  const { path, sha, modifiedAt, revision } = document
  const row = { title, revision, sha, modifiedAt, inline }
  let id = known
  if (id === undefined)
    id = Number(statements.addDocument.run({ ...row, source: source.id, path }).lastInsertRowid)
  else {
    dropChunks(statements, id)
    statements.setDocument.run({ ...row, id })
  }
  for (const { crumb, line0, line1, tokens, text, analyzed } of chunks) {
    const digest = Buffer.from(hash('sha256', `${crumb}\n${text}`).slice(0, 32), 'hex')
    const chunk = Number(
      statements.addChunk.run({ document: id, crumb, line0, line1, tokens, sha: digest, text })
        .lastInsertRowid,
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
      `SELECT path, title, inline_text AS text, revision, modified_at AS modifiedAt FROM document
       WHERE source = ? AND inline_text IS NOT NULL`,
    )
    .all(source) as InlineDocument[] // By its columns.
}
