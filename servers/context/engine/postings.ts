import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { Term } from './postings-builder.ts'
import { PostingsBuilder, scale } from './postings-builder.ts'
import type { Scored } from './ranking.ts'
import { highest } from './top.ts'

// BM25 as FTS5 computes it, so that both engines order alike (https://sqlite.org/fts5.html#the_bm25_function).
const k1 = 1.2
const b = 0.75
const rowsPerSlice = 5000
const candidates = 200
/** Words of fewer chunks are not worth a look at what leads. */
const manyChunks = 1000

type Weighed = Term & { idf: number }

/**
 * The index of words in memory, read from FTS5's own: for each word the chunks that hold it. A search
 * over 500,000 chunks takes it a few milliseconds where FTS5 needs some hundred. It is a snapshot:
 * what came later is searched in FTS5, what went is dropped when hits are read.
 */
export class Postings {
  readonly #terms: Map<string, Term>
  readonly #chunks: Uint32Array
  readonly #counts: Uint8Array
  /** What the length of a chunk does to its score: k1 * (1 - b + b * length / average). */
  readonly #norms: Float32Array
  readonly #keys: Uint16Array
  readonly #documents: Uint32Array
  readonly #scores: Float32Array
  readonly #touched: Uint32Array
  readonly #size: number
  /** Chunks up to this one are in here. */
  readonly lastChunk: number

  private constructor(made: PostingsBuilder, documents: Uint32Array, lastChunk: number) {
    this.#terms = made.terms
    this.#chunks = made.chunks.subarray(0, made.used)
    this.#counts = made.counts.subarray(0, made.used)
    this.#keys = made.keys
    this.#documents = documents
    this.#scores = new Float32Array(lastChunk + 1)
    this.#touched = new Uint32Array(lastChunk + 1)
    this.lastChunk = lastChunk
    let [size, total] = [0, 0]
    for (const length of made.lengths) {
      if (length > 0) size++
      total += length
    }
    this.#size = size
    this.#norms = Float32Array.from(
      made.lengths,
      (length) => k1 * (1 - b + (b * length * size) / Math.max(1, total)),
    )
  }

  /** Reads the index of a file on a connection of its own, giving way to searches in between. */
  static async read(file: string): Promise<Postings> {
    const db = new Database(file, { readonly: true })
    try {
      db.exec(`CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, chunk_fts, instance)`)
      const lastChunk =
        (db.prepare('SELECT max(id) FROM chunk').pluck().get() as number | null) ?? 0 // An integer key.
      const made = new PostingsBuilder(lastChunk)
      let rows = 0
      for (const row of db.prepare('SELECT term, doc, col FROM temp.words').raw().iterate()) {
        const [term, chunk, column] = row as [string, number, string] // By the statement.
        if (chunk <= lastChunk) made.add(term, chunk, column)
        if (++rows % rowsPerSlice === 0) await setImmediate()
      }
      made.end()
      const documents = new Uint32Array(lastChunk + 1)
      for (const row of db
        .prepare('SELECT id, document FROM chunk WHERE id <= ?')
        .raw()
        .iterate(lastChunk)) {
        const [chunk, document] = row as [number, number] // By the statement.
        documents[chunk] = document
      }
      return new Postings(made, documents, lastChunk)
    } finally {
      db.close()
    }
  }

  /**
   * The best chunks of the sources with these keys, for words as `stems` gives them. Rare words go first:
   * once the best chunks lead by more than all words left can give, these only add to chunks that are in
   * (MaxScore: Turtle and Flood, 1995), which leaves the result as it is.
   */
  search(keys: number[], stems: string[]): Scored[] {
    const wanted = new Uint8Array(65_536)
    for (const key of keys) wanted[key] = 1
    const terms = [...new Set(stems)]
      .flatMap((stem) => this.#terms.get(stem) ?? [])
      .map((term) => ({ ...term, idf: idfOf(term.count, this.#size) }))
      .sort((x, y) => x.count - y.count)
    let left = terms.reduce((sum, { idf }) => sum + idf * (k1 + 1), 0)
    let used = 0
    let isOpen = true
    for (const term of terms) {
      if (isOpen && term.count > manyChunks && used >= candidates)
        isOpen = left >= this.#lowestLead(this.#touched.subarray(0, used))
      if (isOpen) used = this.#addAll(term, wanted, used)
      else this.#addToTouched(term)
      left -= term.idf * (k1 + 1)
    }
    const found = this.#touched.subarray(0, used)
    const best = highest(found, this.#scores, candidates)
      .map((chunk) => ({
        chunk,
        document: this.#documents[chunk] ?? 0,
        score: this.#scores[chunk] ?? 0,
      }))
      .filter(({ document }) => document > 0)
      .sort((x, y) => y.score - x.score || x.chunk - y.chunk)
    for (const chunk of found) this.#scores[chunk] = 0
    return best
  }

  #addAll({ start, count: many, idf }: Weighed, wanted: Uint8Array, usedBefore: number): number {
    const [scores, touched, norms, sources] = [this.#scores, this.#touched, this.#norms, this.#keys]
    const most = (idf * (k1 + 1)) / scale
    let used = usedBefore
    for (let at = start; at < start + many; at++) {
      const chunk = this.#chunks[at] ?? 0
      if (wanted[sources[chunk] ?? 0] === 0) continue
      const count = this.#counts[at] ?? 0
      const before = scores[chunk] ?? 0
      if (before === 0) touched[used++] = chunk
      scores[chunk] = before + (most * count) / (count / scale + (norms[chunk] ?? 1))
    }
    return used
  }

  #addToTouched({ start, count: many, idf }: Weighed): void {
    const [scores, norms] = [this.#scores, this.#norms]
    const most = (idf * (k1 + 1)) / scale
    for (let at = start; at < start + many; at++) {
      const chunk = this.#chunks[at] ?? 0
      const before = scores[chunk] ?? 0
      if (before === 0) continue
      const count = this.#counts[at] ?? 0
      scores[chunk] = before + (most * count) / (count / scale + (norms[chunk] ?? 1))
    }
  }

  /** The lowest score among the best. */
  #lowestLead(touched: Uint32Array): number {
    return this.#scores[highest(touched, this.#scores, candidates)[0] ?? 0] ?? 0
  }
}

const idfOf = (count: number, size: number): number =>
  Math.max(1e-6, Math.log((size - count + 0.5) / (count + 0.5)))
