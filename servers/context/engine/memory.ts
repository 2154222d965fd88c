import type Database from 'better-sqlite3'
import { Codes } from './codes.ts'
import { Postings } from './postings.ts'
import type { QueryVector } from './vectors.ts'
import { completeUpTo } from './vectors.ts'

/** What of an index is in memory by now. */
export type InMemory = { words?: Postings | undefined; vectors?: Codes | undefined }

/** Below this SQLite answers in some ten milliseconds, and memory is better spent elsewhere. */
const fromChunks = { words: 30_000, vectors: 3000 }
/** So large a share may come after a snapshot before it is taken anew. */
const staleShare = 0.1

type Snapshot = { lastChunk: number }
type Kept<T> = { of: string; snapshot: T | undefined; isReading: boolean }

/** Keeps snapshots of large indexes, taken in the background by the first search that would gain. */
class Snapshots<T extends Snapshot> {
  readonly #kept = new Map<string, Kept<T>>()
  readonly #reading = new Set<Promise<void>>()
  readonly #fromChunks: number
  readonly #problem: (error: unknown) => void

  constructor(fromChunks: number, problem: (error: unknown) => void) {
    this.#fromChunks = fromChunks
    this.#problem = problem
  }

  /**
   * The snapshot of an index, if there is one by now; one of another kind is of no use. `last` is the chunk
   * up to which one could be taken.
   */
  of(db: Database.Database, kind: string, last: number, read: () => Promise<T>): T | undefined {
    const known = this.#kept.get(db.name)
    const kept = known?.of === kind ? known : { of: kind, snapshot: undefined, isReading: false }
    this.#kept.set(db.name, kept)
    const seen = kept.snapshot?.lastChunk ?? 0
    const isWorth = kept.snapshot
      ? last - seen > Math.max(this.#fromChunks / 6, seen * staleShare)
      : last > this.#fromChunks
    if (isWorth && !kept.isReading) {
      kept.isReading = true
      const reading = read()
        .then((snapshot) => void (kept.snapshot = snapshot))
        .catch(this.#problem)
        .finally(() => {
          kept.isReading = false
          this.#reading.delete(reading)
        })
      this.#reading.add(reading)
    }
    return kept.snapshot
  }

  async settled(): Promise<void> {
    await Promise.all(this.#reading)
  }
}

/** The words and the vectors of large indexes, in memory. */
export class Memory {
  readonly #words: Snapshots<Postings>
  readonly #vectors: Snapshots<Codes>

  constructor(problem: (message: string) => void) {
    const tell = (error: unknown) =>
      problem(`an index could not be kept in memory: ${String(error)}`)
    this.#words = new Snapshots(fromChunks.words, tell)
    this.#vectors = new Snapshots(fromChunks.vectors, tell)
  }

  of(db: Database.Database, vector: QueryVector): InMemory {
    const last = (db.prepare('SELECT max(id) FROM chunk').pluck().get() as number | null) ?? 0 // An integer key.
    const words = this.#words.of(db, '', last, () => Postings.read(db.name))
    if (vector.state !== 'ready') return { words }
    const { space, values } = vector
    const vectors = this.#vectors.of(db, String(space), completeUpTo(db), () =>
      Codes.read(db.name, space, values.length),
    )
    return { words, vectors }
  }

  /** Resolves when nothing is being read any more. */
  async settled(): Promise<void> {
    await Promise.all([this.#words.settled(), this.#vectors.settled()])
  }
}
