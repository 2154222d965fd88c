import type Database from 'better-sqlite3'
import type { Codes } from './codes.ts'
import type { Scored } from './ranking.ts'

/** The question as a vector of the active space, or why there is none. */
export type QueryVector =
  | { state: 'none' }
  | { state: 'building' }
  | { state: 'failed'; reason: string }
  | { state: 'ready'; space: number; values: number[] }

const candidates = 100

/** One byte for each dimension: a quarter of the size, and within .01 of the recall (facts). */
function quantize(values: number[]): Buffer {
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1
  return Buffer.from(Int8Array.from(values, (value) => Math.round((value / most) * 127)).buffer)
}

type Asked = Extract<QueryVector, { state: 'ready' }>

/**
 * Chunks whose vectors are nearest to the question's, exactly (sqlite-vec): over those that their codes in
 * memory leave, where there are any, and over whatever came since.
 */
export function searchVectors(
  db: Database.Database,
  vector: Asked,
  sources: { ids: string[]; keys: number[] },
  codes?: Codes,
): Scored[] {
  const space = { space: vector.space, query: quantize(vector.values) }
  const known = codes ? codes.nearest(sources.keys, vector.values) : []
  const among = db
    .prepare(
      `SELECT chunk.id AS chunk, chunk.document AS document, ${cosine} AS score
       FROM json_each(:known) AS known CROSS JOIN chunk ON chunk.id = known.value
       CROSS JOIN vector ON vector.sha = chunk.sha AND vector.space = :space`,
    )
    .all({ ...space, known: JSON.stringify(known) }) as Scored[] // By its columns.
  const since = db
    .prepare(
      `SELECT chunk.id AS chunk, chunk.document AS document, ${cosine} AS score
       FROM chunk CROSS JOIN document ON document.id = chunk.document
       CROSS JOIN vector ON vector.sha = chunk.sha AND vector.space = :space
       WHERE chunk.id > :last AND document.source IN (SELECT value FROM json_each(:sources))
       ORDER BY score DESC, chunk.id LIMIT ${candidates}`,
    )
    .all({
      ...space,
      sources: JSON.stringify(sources.ids),
      last: codes?.lastChunk ?? 0,
    }) as Scored[] // By its columns.
  return [...among, ...since]
    .sort((a, b) => b.score - a.score || a.chunk - b.chunk)
    .slice(0, candidates)
}

// The order of the tables is given (CROSS JOIN): SQLite would begin with all vectors.
const cosine = '1 - vec_distance_cosine(vec_int8(vector.value), vec_int8(:query))'

type Space = { id: number; model: string; dimensions: number; state: 'building' | 'active' }

export const activeSpace = (db: Database.Database): Space | undefined =>
  db.prepare(`SELECT * FROM space WHERE state = 'active'`).get() as Space | undefined // By its columns.

const spaceOf = (db: Database.Database, model: string): Space | undefined =>
  db.prepare('SELECT * FROM space WHERE model = ?').get(model) as Space | undefined // By its columns.

/** Texts that the space has no vector for yet, each once. */
export const missingVectors = (
  db: Database.Database,
  space: number,
  limit: number,
): { sha: Buffer; text: string; headingPath: string }[] =>
  db
    .prepare(
      `SELECT sha, text, crumb AS headingPath FROM chunk WHERE NOT EXISTS (SELECT 1 FROM vector WHERE vector.space = :space AND vector.sha = chunk.sha)
       GROUP BY sha LIMIT :limit`,
    )
    .all({ space, limit }) as { sha: Buffer; text: string; headingPath: string }[] // By its columns.

/** Makes room for a model's vectors. The space in use stays in use until this one is complete. */
export function openSpace(db: Database.Database, model: string, dimensions: number): Space {
  const known = spaceOf(db, model)
  if (known && known.dimensions === dimensions) return known
  return db
    .transaction(() => {
      if (known) db.prepare('DELETE FROM space WHERE id = ?').run(known.id) // The model was exchanged under its name.
      db.prepare(`INSERT INTO space (model, dimensions, state) VALUES (?, ?, 'building')`).run(
        model,
        dimensions,
      )
      return spaceOf(db, model) as Space // Just made.
    })
    .immediate()
}

export function saveVectors(
  db: Database.Database,
  space: number,
  vectors: { sha: Buffer; values: number[] }[],
): void {
  const add = db.prepare('INSERT OR REPLACE INTO vector (space, sha, value) VALUES (?, ?, ?)')
  db.transaction(() => {
    for (const { sha, values } of vectors) add.run(space, sha, quantize(values))
  }).immediate()
}

/**
 * To be called when a space has a vector for every chunk. If it was not in use, this is the one moment in which
 * searches change from one model to another: a commit, or nothing of it.
 */
export function complete(db: Database.Database, space: number): void {
  db.transaction(() => {
    db.prepare('DELETE FROM space WHERE id <> ?').run(space)
    db.prepare(`UPDATE space SET state = 'active' WHERE id = ?`).run(space)
    db.prepare(
      `INSERT OR REPLACE INTO meta SELECT 'vectors', coalesce(max(id), 0) FROM chunk`,
    ).run()
  }).immediate()
}

/** Up to this one all chunks have a vector of the space in use; of those that came later some may lack it. */
export const completeUpTo = (db: Database.Database): number =>
  (db.prepare(`SELECT value FROM meta WHERE name = 'vectors'`).pluck().get() as
    | number
    | undefined) ?? 0 // An integer by the schema.
