import Database from 'better-sqlite3'
import type { AuditEntry } from './audit.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Clock } from './clock.ts'
import { Durability } from './durability.ts'
import { openStore } from './open-store.ts'
import { appendAudit, lastAudit } from './store/audit.ts'
import { asStoreError } from './store-errors.ts'
import { Topics } from './topics.ts'
import type { Reader, Transaction } from './sql.ts'
import { Statements, makeTransaction, readerOf } from './statements.ts'

type NewAudit = Omit<AuditEntry, 'at'>

/** A commit costs as much as four rows, so records wait for others, but only while more come. */
const mostTurns = 8

/** What waits for the next commit: a change, or a row about what has happened elsewhere. */
type Change = { kind: 'change'; apply(): Promise<void>; settle(error: unknown): void }
type Recording = { kind: 'record'; audit: NewAudit; settle(error: unknown): void }
type Pending = Change | Recording

/**
 * The hub's one writer, and its readers. Changes that are queued in the same turn share one commit (a
 * savepoint each) and are acknowledged together after it: an fsync costs about 2.5 ms, so sharing it
 * is what makes many small writes affordable.
 */
export class Store {
  readonly topics: Topics
  /** Reads on a connection of its own: it sees what is committed and never an open transaction. */
  readonly reader: Reader
  readonly #readDb: Database.Database
  readonly #db: Database.Database
  readonly #durability: Durability
  readonly #statements: Statements
  readonly #now: () => number
  readonly #control: Control
  #pending: Pending[] = []
  #scheduled = false
  #flushing: Promise<void> | undefined
  #closed = false
  #audit: { seq: number; hash: string }

  constructor(file: string, now: () => number, clock?: Clock) {
    this.#now = now
    this.topics = new Topics(clock)
    this.#db = openStore(file)
    this.#durability = new Durability(this.#db, file)
    this.#statements = new Statements(this.#db)
    this.#control = prepareControl(this.#db)
    this.#audit = lastAudit(this.#statements)
    this.#readDb = new Database(file, { readonly: true })
    this.#readDb.pragma('temp_store = MEMORY')
    this.reader = readerOf(new Statements(this.#readDb))
  }

  /**
   * Applies `change` atomically and resolves after it is on disk. A HubError thrown inside undoes
   * this change alone. A failed commit rejects everybody in it with `unavailable`: the outcome is
   * unknown to them until they look, because a commit that reported an error may have been stored.
   */
  transaction<T>(change: (tx: Transaction) => Promise<T>, audit?: NewAudit): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let value: T
      let topics: Set<string>
      this.#queue({
        kind: 'change',
        apply: async () => {
          const tx = makeTransaction(this.#statements, this.#now())
          try {
            value = await change(tx)
          } finally {
            tx.end()
          }
          if (audit) this.#append([{ ...audit, subject: audit.subject ?? tx.auditSubject }])
          topics = tx.topics
        },
        settle: (error) => {
          if (error !== undefined) return reject(error) // Whatever apply or commit threw.
          for (const topic of topics) this.topics.emit(topic)
          resolve(value)
        },
      })
    })
  }

  /**
   * Records something that has happened elsewhere, such as a call that was passed on. The row survives
   * the end of this process at once, and a power failure after 100 ms at the latest: nobody is told
   * of an effect of ours that it could take back.
   */
  record(audit: NewAudit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue({
        kind: 'record',
        audit,
        settle: (error) => (error === undefined ? resolve() : reject(error)), // As above.
      })
    })
  }

  #append(audits: NewAudit[]): void {
    const at = this.#now()
    const entries = audits.map((audit) => ({ ...audit, at }))
    this.#audit = appendAudit(this.#statements, this.#audit, entries)
  }

  #queue(pending: Pending): void {
    if (this.#closed) return pending.settle(new HubError('unavailable', 'the store is closed'))
    this.#pending.push(pending)
    this.#schedule(pending.kind === 'record')
  }

  #schedule(mayWaitForDisk: boolean): void {
    if (this.#scheduled || this.#flushing) return // What runs takes up the queue when it ends.
    this.#scheduled = true
    // What only records gives way to what was sent in the same turn, and overlaps with its way.
    setImmediate(() => (mayWaitForDisk ? this.#gather(mostTurns) : void this.#flushQueue()))
  }

  /** Flushes once a turn of the event loop has brought no more company. */
  #gather(turns: number): void {
    const count = this.#pending.length
    setImmediate(() => {
      if (turns > 1 && this.#pending.length > count) this.#gather(turns - 1)
      else void this.#flushQueue()
    })
  }

  /** Bytes of the store that hold something; what was removed leaves room that is used again. */
  usedBytes(): number {
    const pages = (name: string) => this.#readDb.pragma(name, { simple: true }) as number // Integers.
    return (pages('page_count') - pages('freelist_count')) * pages('page_size')
  }

  /** Commits what is queued and closes the files. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#flushQueue()
    this.#durability.end()
    this.topics.close()
    this.#readDb.close()
    this.#db.close()
  }

  /** Commits what is queued, after what is being committed. */
  #flushQueue(): Promise<void> {
    this.#scheduled = false
    return (this.#flushing ??= this.#flushAll())
  }

  /** What is queued meanwhile has a turn of its own to gather company, but at the end. */
  async #flushAll(): Promise<void> {
    do {
      const batch = this.#pending
      this.#pending = []
      if (batch.length > 0) await this.#flush(batch)
    } while (this.#closed && this.#pending.length > 0)
    this.#flushing = undefined
    if (this.#pending.length > 0) this.#schedule(this.#pending.every(isRecord))
  }

  async #flush(batch: Pending[]): Promise<void> {
    const auditBefore = this.#audit
    const outcomes: unknown[] = []
    let broken: unknown
    try {
      // Records cannot be undone by themselves, so where there is nothing else no savepoint is needed.
      const isRelaxed = batch.every(isRecord)
      this.#durability.set(isRelaxed)
      this.#control.begin.run()
      if (isRelaxed) this.#append(batch.map(({ audit }) => audit))
      else for (const pending of batch) outcomes.push(await this.#applyOne(pending))
      this.#control.commit.run()
    } catch (error) {
      broken = asStoreError(error)
      this.#audit = auditBefore
      this.#rollBack()
    }
    batch.forEach((pending, index) => pending.settle(broken ?? outcomes[index]))
  }

  /** Whoever is in the batch has to hear of it, also when the disk takes no end of the transaction. */
  #rollBack(): void {
    try {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
    } catch (error) {
      // Then the next batch cannot begin, and is told why.
      if (!(error instanceof Database.SqliteError)) throw error
    }
  }

  /** Returns what went wrong with one change, undone, or undefined when it stands. */
  async #applyOne(pending: Pending): Promise<unknown> {
    const auditBefore = this.#audit
    this.#control.savepoint.run()
    try {
      if (isRecord(pending)) this.#append([pending.audit])
      else await pending.apply()
      this.#control.release.run()
      return undefined
    } catch (error) {
      // A full disk makes SQLite end the whole transaction by itself; then nobody's change stands.
      if (!this.#db.inTransaction) throw error
      this.#audit = auditBefore
      this.#control.undo.run()
      this.#control.release.run()
      return asStoreError(error)
    }
  }
}

const isRecord = (pending: Pending): pending is Recording => pending.kind === 'record'

type Control = Record<'begin' | 'commit' | 'savepoint' | 'release' | 'undo', Database.Statement>

/** Prepared once: these run for every write, and parsing them costs more than running them. */
const prepareControl = (db: Database.Database): Control => ({
  begin: db.prepare('BEGIN IMMEDIATE'),
  commit: db.prepare('COMMIT'),
  savepoint: db.prepare('SAVEPOINT one'),
  release: db.prepare('RELEASE one'),
  undo: db.prepare('ROLLBACK TO one'),
})
