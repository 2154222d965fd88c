import type Database from 'better-sqlite3'
import type { Scored } from './ranking.ts'

/** Weights of the fields in BM25: the words of a path and of the headings tell more than those of the text. */
export const fieldWeights = { path: 1.5, headingPath: 2, body: 1 }
const candidates = 200

/**
 * Chunks of some sources that hold any of the words, by BM25. A question names things that no single
 * text holds all of, so the words are joined by OR; rare ones decide.
 */
export function searchWords(
  db: Database.Database,
  keys: number[],
  terms: string[],
  afterChunk = 0,
): Scored[] {
  if (terms.length === 0 || keys.length === 0) return []
  const any = terms.map((term) => `"${term.replaceAll('"', '')}"`).join(' OR ')
  const scope = keys.map((key) => `s${key}`).join(' OR ')
  const match = `{path crumb body} : (${any}) AND scope : (${scope})`
  const { path, headingPath, body } = fieldWeights
  const rows = db
    .prepare(
      `SELECT found.chunk AS chunk, chunk.document AS document, found.score AS score FROM (
         SELECT rowid AS chunk, -bm25(chunk_fts, 0, ${path}, ${headingPath}, ${body}) AS score FROM chunk_fts
         WHERE chunk_fts MATCH ? AND rowid > ${afterChunk} ORDER BY score DESC LIMIT ${candidates}
       ) AS found JOIN chunk ON chunk.id = found.chunk`,
    )
    .all(match)
  return (rows as Scored[]).sort((a, b) => b.score - a.score || a.chunk - b.chunk) // By its columns.
}
