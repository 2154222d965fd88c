import type Database from 'better-sqlite3'
import type { ContextHit, SourceKind, Trust } from '../../../schemas/context.ts'
import type { SearchReply, SearchRequest } from '../../kit/context-index.ts'
import { queryTerms } from './analyzer.ts'
import { searchWords } from './lexical.ts'
import type { InMemory } from './memory.ts'
import type { Postings } from './postings.ts'
import { stems } from './stems.ts'
import type { Prior, Scored } from './ranking.ts'
import { combine, rankChunks } from './ranking.ts'
import type { QueryVector } from './vectors.ts'
import { searchVectors } from './vectors.ts'

type Found = { ranked: Scored[]; engines: SearchReply['engines']; degraded: string[] }

/** Ranks chunks by words, and by meaning where there is a vector for the question. */
export function findChunks(
  db: Database.Database,
  request: Omit<SearchRequest, 'limit'>,
  vector: QueryVector,
  memory: InMemory,
): Found {
  const ids = request.sources.map(({ id }) => id)
  const keys = keysOf(db, ids)
  const words = byWords(db, keys, queryTerms(request.query), memory.words)
  const near =
    vector.state === 'ready' ? searchVectors(db, vector, { ids, keys }, memory.vectors) : []
  const entries = near.length === 0 ? words : combine(words, near)
  const priors = readPriors(db, entries)
  const ranked = rankChunks(entries, (document) => priors.get(document), {
    now: request.now,
    near: request.near ?? [],
  })
  const engine = memory.words ? ('postings' as const) : ('fts5' as const)
  return {
    ranked,
    engines: near.length === 0 ? [engine] : [engine, 'vectors'],
    degraded: whyLess(vector),
  }
}

/** From memory where the index is large, with FTS5 for what came since; from FTS5 alone otherwise. */
function byWords(
  db: Database.Database,
  keys: number[],
  terms: string[],
  postings: Postings | undefined,
): Scored[] {
  if (!postings || terms.length === 0) return searchWords(db, keys, terms)
  const known = postings.search(keys, stems(terms))
  const later = searchWords(db, keys, terms, postings.lastChunk)
  return [...known, ...later].sort((a, b) => b.score - a.score || a.chunk - b.chunk)
}

function whyLess(vector: QueryVector): string[] {
  if (vector.state === 'failed') return [`no vector for the question: ${vector.reason}`]
  return vector.state === 'building' ? ['vectors are being made; found by words alone'] : []
}

export function search(
  db: Database.Database,
  request: SearchRequest,
  vector: QueryVector,
  memory: InMemory = {},
): Omit<SearchReply, 'tookMs'> {
  const { ranked, engines, degraded } = findChunks(db, request, vector, memory)
  const hits = readHits(db, request, ranked.slice(0, request.limit * 2)).slice(0, request.limit)
  return { hits, engines, degraded }
}

const keysOf = (db: Database.Database, ids: string[]): number[] =>
  db
    .prepare('SELECT key FROM source WHERE id IN (SELECT value FROM json_each(?))')
    .pluck()
    .all(JSON.stringify(ids)) as number[] // One integer column.

function readPriors(db: Database.Database, entries: Scored[]): Map<number, Prior> {
  const documents = JSON.stringify([...new Set(entries.map(({ document }) => document))])
  const rows = db
    .prepare(
      `SELECT id, path, modified_at AS modifiedAt FROM document WHERE id IN (SELECT value FROM json_each(?))`,
    )
    .all(documents) as { id: number; path: string; modifiedAt: number }[] // By its columns.
  const countLinks = db.prepare('SELECT count(*) FROM link WHERE target = ?').pluck()
  return new Map(
    rows.map(({ id, path, modifiedAt }) => {
      const name = (path.split('/').at(-1) ?? '').replace(/\.md$/i, '').toLowerCase()
      const inlinks = path.endsWith('.md') ? Number(countLinks.get(name)) : 0
      return [id, { path, modifiedAt, inlinks }] as const
    }),
  )
}

type Row = {
  chunk: number
  source: string
  path: string
  headingPath: string
  line0: number
  line1: number
  tokens: number
  text: string
  revision: string
  sourceRevision: string
}

/** The chunks themselves, in the order given, each with where it is from. */
export function readHits(
  db: Database.Database,
  request: Pick<SearchRequest, 'sources'>,
  ranked: Scored[],
): ContextHit[] {
  const rows = db
    .prepare(
      `SELECT chunk.id AS chunk, document.source AS source, document.path AS path, chunk.crumb AS headingPath, chunk.line0 AS line0,
              chunk.line1 AS line1, chunk.tokens AS tokens, chunk.text AS text, document.revision AS revision, source.revision AS sourceRevision
       FROM chunk JOIN document ON document.id = chunk.document JOIN source ON source.id = document.source
       WHERE chunk.id IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(ranked.map(({ chunk }) => chunk))) as Row[] // By its columns.
  const byChunk = new Map(rows.map((row) => [row.chunk, row]))
  const sources = new Map(request.sources.map((source) => [source.id, source]))
  return ranked.flatMap(({ chunk, score }): ContextHit[] => {
    const row = byChunk.get(chunk)
    const source = row && sources.get(row.source)
    return row && source ? [hitOf(row, source, score)] : [] // Forgotten in the same moment.
  })
}

function hitOf(
  row: Row,
  { kind, trust }: { kind: SourceKind; trust: Trust },
  score: number,
): ContextHit {
  const { source, path, headingPath, line0, line1, tokens, text } = row
  const revision = (row.sourceRevision || row.revision).slice(0, 10)
  const lines = line0 === line1 ? `${line0}` : `${line0}-${line1}`
  return {
    source,
    kind,
    trust,
    path,
    heading: headingPath,
    line0,
    line1,
    revision,
    cite: `${path}:${lines}@${revision}`,
    tokens,
    score: Number(score.toPrecision(4)),
    text,
  }
}
