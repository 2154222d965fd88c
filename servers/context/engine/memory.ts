import type Database from 'better-sqlite3'
import { Postings } from './postings.ts'

/** Below this FTS5 answers in some ten milliseconds, and memory is better spent elsewhere. */
const fromChunks = 30_000
/** So much may come after the picture was taken before it is taken anew. */
const staleShare = 0.1

type Kept = { postings: Postings | undefined; reading: Promise<void> | undefined }

/** Keeps the words of large indexes in memory, read in the background by the first search that would gain. */
export class Memory {
  readonly #kept = new Map<string, Kept>()
  readonly #problem: (message: string) => void

  constructor(problem: (message: string) => void) {
    this.#problem = problem
  }

  /** The words of an index, if they are in memory by now. */
  of(db: Database.Database): Postings | undefined {
    const kept = this.#kept.get(db.name) ?? { postings: undefined, reading: undefined }
    this.#kept.set(db.name, kept)
    const last = (db.prepare('SELECT max(id) FROM chunk').pluck().get() as number | null) ?? 0 // An integer key.
    const known = kept.postings?.lastChunk ?? 0
    const isWorth = kept.postings
      ? last - known > Math.max(5000, known * staleShare)
      : last > fromChunks
    if (isWorth && !kept.reading) {
      kept.reading = Postings.read(db.name)
        .then((postings) => void (kept.postings = postings))
        .catch((error: unknown) =>
          this.#problem(`words could not be kept in memory: ${String(error)}`),
        )
        .finally(() => (kept.reading = undefined))
    }
    return kept.postings
  }

  /** Resolves when nothing is being read any more. */
  async settled(): Promise<void> {
    for (const { reading } of this.#kept.values()) await reading
  }
}
