import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import type { Rotate } from './rotation.ts'
import { rotation } from './rotation.ts'
import { completeUpTo } from './vectors.ts'

const rowsPerSlice = 500
/** So many of the nearest codes are compared exactly: with a rotation before, the true ten are among them. */
const shortlist = 400

/** How many bits of two bytes are set. */
const bits = Uint8Array.from({ length: 65_536 }, (_unused, value) => {
  let count = 0
  for (let rest = value; rest > 0; rest >>= 1) count += rest & 1
  return count
})

/**
 * The signs of all vectors of a space in memory, one bit for each dimension after a rotation: a twelfth of the
 * size, and 500,000 of them are compared in the time that SQLite needs for 10,000 vectors. What is nearest by
 * its signs is then compared exactly. A snapshot, as `Postings` is: what has got its vector since is not in
 * here.
 */
export class Codes {
  readonly #chunks: Uint32Array
  readonly #keys: Uint16Array
  readonly #codes: Uint16Array
  readonly #words: number
  readonly #rotate: Rotate
  readonly #distances: Uint16Array
  /** All chunks up to this one are in here. */
  readonly lastChunk: number

  private constructor(
    rotate: Rotate,
    made: { chunks: Uint32Array; keys: Uint16Array; codes: Uint16Array; words: number },
    lastChunk: number,
  ) {
    this.#rotate = rotate
    this.#chunks = made.chunks
    this.#keys = made.keys
    this.#codes = made.codes
    this.#words = made.words
    this.#distances = new Uint16Array(made.chunks.length)
    this.lastChunk = lastChunk
  }

  /** Reads the vectors of a space on a connection of its own, giving way to searches in between. */
  static async read(file: string, space: number, dimensions: number): Promise<Codes> {
    const db = new Database(file, { readonly: true })
    try {
      const { size, rotate } = rotation(dimensions)
      const words = size / 16
      const lastChunk = completeUpTo(db)
      const room = db
        .prepare('SELECT count(*) FROM chunk WHERE id <= ?')
        .pluck()
        .get(lastChunk) as number // A count.
      const chunks = new Uint32Array(room)
      const keys = new Uint16Array(room)
      const codes = new Uint16Array(room * words)
      let used = 0
      const rows = db
        .prepare(
          `SELECT chunk.id, source.key, vector.value FROM chunk JOIN document ON document.id = chunk.document
           JOIN source ON source.id = document.source JOIN vector ON vector.sha = chunk.sha AND vector.space = ?
           WHERE chunk.id <= ? ORDER BY chunk.id`,
        )
        .raw()
        .iterate(space, lastChunk)
      for (const row of rows) {
        const [chunk, key, value] = row as [number, number, Buffer] // By the statement.
        chunks[used] = chunk
        keys[used] = key
        writeCode(rotate(int8Of(value)), codes, used * words)
        if (++used % rowsPerSlice === 0) await setImmediate()
      }
      const made = {
        chunks: chunks.subarray(0, used),
        keys: keys.subarray(0, used),
        codes: codes.subarray(0, used * words),
        words,
      }
      return new Codes(rotate, made, lastChunk)
    } finally {
      db.close()
    }
  }

  /** Chunks of the sources with these keys that are worth an exact comparison. */
  nearest(keys: number[], vector: number[]): number[] {
    const wanted = new Uint8Array(65_536)
    for (const key of keys) wanted[key] = 1
    const asked = new Uint16Array(this.#words)
    writeCode(this.#rotate(vector), asked, 0)
    const [codes, words, distances] = [this.#codes, this.#words, this.#distances]
    const farthest = words * 16
    const histogram = new Uint32Array(farthest + 2)
    for (let at = 0, from = 0; at < distances.length; at++, from += words) {
      let distance = farthest + 1
      if (wanted[this.#keys[at] ?? 0] === 1) {
        distance = 0
        for (let word = 0; word < words; word++)
          distance += bits[(codes[from + word] ?? 0) ^ (asked[word] ?? 0)] ?? 0
      }
      distances[at] = distance
      histogram[distance] = (histogram[distance] ?? 0) + 1
    }
    let limit = 0
    for (let count = 0; limit < farthest; limit++) {
      count += histogram[limit] ?? 0
      if (count >= shortlist) break
    }
    const found: number[] = []
    for (let at = 0; at < distances.length; at++)
      if ((distances[at] ?? 0) <= limit) found.push(this.#chunks[at] ?? 0)
    return found
  }
}

const int8Of = (value: Buffer): Int8Array =>
  new Int8Array(value.buffer, value.byteOffset, value.byteLength)

function writeCode(rotated: Float32Array, codes: Uint16Array, from: number): void {
  for (let word = 0; word < rotated.length / 16; word++) {
    let code = 0
    for (let bit = 0; bit < 16; bit++) if ((rotated[word * 16 + bit] ?? 0) > 0) code |= 1 << bit
    codes[from + word] = code
  }
}
