import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { fieldWeights } from './lexical.ts'
import type { Scored } from './rank.ts'

// BM25 as FTS5 computes it, so that both engines order alike (https://sqlite.org/fts5.html#the_bm25_function).
const k1 = 1.2
const b = 0.75
const tokenizer = 'porter unicode61 remove_diacritics 2'
const rowsPerSlice = 5000
const candidates = 200
const columnWeights: Record<string, number> = {
  path: fieldWeights.path,
  crumb: fieldWeights.crumb,
  body: fieldWeights.body,
}
/** Weighted counts are kept in a byte, in halves. */
const scale = 2

type Term = { start: number; count: number }

/**
 * The index of words in memory, read from FTS5's own: for each word the chunks that hold it. A search
 * over 500,000 chunks takes it a few milliseconds where FTS5 needs some hundred. It is a picture of one
 * moment: what came later is searched in FTS5, what went is dropped when hits are read.
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

  private constructor(made: Building, documents: Uint32Array, lastChunk: number) {
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
      const made = new Building(lastChunk)
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

  /** The best chunks of the sources with these keys, for words as `stems` gives them. */
  search(keys: number[], stems: string[]): Scored[] {
    const wanted = new Uint8Array(65_536)
    for (const key of keys) wanted[key] = 1
    const [scores, touched, norms, sources] = [this.#scores, this.#touched, this.#norms, this.#keys]
    let used = 0
    for (const stem of new Set(stems)) {
      const term = this.#terms.get(stem)
      if (!term) continue
      const idf = Math.max(1e-6, Math.log((this.#size - term.count + 0.5) / (term.count + 0.5)))
      const most = (idf * (k1 + 1)) / scale
      for (let at = term.start; at < term.start + term.count; at++) {
        const chunk = this.#chunks[at] ?? 0
        if (wanted[sources[chunk] ?? 0] === 0) continue
        const count = this.#counts[at] ?? 0
        const before = scores[chunk] ?? 0
        if (before === 0) touched[used++] = chunk
        scores[chunk] = before + (most * count) / (count / scale + (norms[chunk] ?? 1))
      }
    }
    const found = touched.subarray(0, used)
    const best = this.#best(found)
    for (const chunk of found) scores[chunk] = 0
    return best
  }

  /** The highest scores, by a heap whose root is the lowest of them. */
  #best(touched: Uint32Array): Scored[] {
    const scores = this.#scores
    const heap: number[] = []
    const score = (at: number) => scores[heap[at] ?? 0] ?? 0
    const sink = (from: number) => {
      for (let at = from; ;) {
        let least = at
        for (const child of [2 * at + 1, 2 * at + 2])
          if (child < heap.length && score(child) < score(least)) least = child
        if (least === at) return
        ;[heap[at], heap[least]] = [heap[least] ?? 0, heap[at] ?? 0]
        at = least
      }
    }
    for (const chunk of touched) {
      if (heap.length < candidates) {
        heap.push(chunk)
        if (heap.length === candidates) for (let at = candidates >> 1; at >= 0; at--) sink(at)
      } else if ((scores[chunk] ?? 0) > score(0)) {
        heap[0] = chunk
        sink(0)
      }
    }
    return heap
      .map((chunk) => ({ chunk, document: this.#documents[chunk] ?? 0, score: scores[chunk] ?? 0 }))
      .filter(({ document }) => document > 0)
      .sort((x, y) => y.score - x.score || x.chunk - y.chunk)
  }
}

/** Takes the rows of the vocabulary, which come sorted by word and chunk. */
class Building {
  readonly terms = new Map<string, Term>()
  chunks = new Uint32Array(1 << 20)
  counts = new Uint8Array(1 << 20)
  readonly lengths: Uint16Array
  readonly keys: Uint16Array
  used = 0
  #term = ''
  #start = 0
  #chunk = -1
  #count = 0

  constructor(lastChunk: number) {
    this.lengths = new Uint16Array(lastChunk + 1)
    this.keys = new Uint16Array(lastChunk + 1)
  }

  add(term: string, chunk: number, column: string): void {
    this.lengths[chunk] = Math.min(65_535, (this.lengths[chunk] ?? 0) + 1)
    if (column === 'scope') {
      this.keys[chunk] = Number(term.slice(1))
      return
    }
    if (term !== this.#term || chunk !== this.#chunk) {
      this.#flush()
      if (term !== this.#term) this.#open(term)
      this.#chunk = chunk
    }
    this.#count += columnWeights[column] ?? 0
  }

  end(): void {
    this.#flush()
    this.#open('')
  }

  #open(term: string): void {
    if (this.used > this.#start)
      this.terms.set(this.#term, { start: this.#start, count: this.used - this.#start })
    this.#term = term
    this.#start = this.used
  }

  #flush(): void {
    if (this.#count === 0) return
    if (this.used === this.chunks.length) {
      const [chunks, counts] = [new Uint32Array(this.used * 2), new Uint8Array(this.used * 2)]
      chunks.set(this.chunks)
      counts.set(this.counts)
      ;[this.chunks, this.counts] = [chunks, counts]
    }
    this.chunks[this.used] = this.#chunk
    this.counts[this.used] = Math.min(255, Math.round(this.#count * scale))
    this.used++
    this.#count = 0
  }
}

let stemmer:
  | {
      db: Database.Database
      add: Database.Statement
      read: Database.Statement
      clear: Database.Statement
    }
  | undefined

/** Words as FTS5 keeps them: its own tokenizer says. */
export function stems(terms: string[]): string[] {
  if (!stemmer) {
    const db = new Database(':memory:')
    db.exec(`CREATE VIRTUAL TABLE words USING fts5 (body, tokenize='${tokenizer}');
             CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row)`)
    stemmer = {
      db,
      add: db.prepare('INSERT INTO words VALUES (?)'),
      read: db.prepare('SELECT term FROM vocabulary').pluck(),
      clear: db.prepare('DELETE FROM words'),
    }
  }
  stemmer.add.run(terms.join(' '))
  const found = stemmer.read.all() as string[] // One text column.
  stemmer.clear.run()
  return found
}
