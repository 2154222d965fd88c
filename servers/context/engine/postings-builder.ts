import { fieldWeights } from './lexical.ts'

/** Where the chunks of a word lie, and how many they are. */
export type Term = { start: number; count: number }

/** Weighted counts are kept in a byte, in halves. */
export const scale = 2
const columnWeights: Record<string, number> = {
  path: fieldWeights.path,
  crumb: fieldWeights.headingPath,
  body: fieldWeights.body,
}

/** Builds `Postings` out of the rows of FTS5's vocabulary, which come sorted by word and chunk. */
export class PostingsBuilder {
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
