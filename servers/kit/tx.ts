import type Database from 'better-sqlite3'

import type { Reader, Row, SqlValue, Transaction } from './sql.ts'
import { asStoreError } from './store-errors.ts'

export type { Row, SqlValue } from './sql.ts'

/** What a change sees: reads and writes inside one transaction, events, and who to wake after it. */
export type Tx = {
  now: number
  topics: Set<string>
  auditSubject: string | undefined
  get<T extends Row>(sql: string, params?: Record<string, SqlValue>): T | undefined
  all<T extends Row>(sql: string, params?: Record<string, SqlValue>): T[]
  run(sql: string, params?: Record<string, SqlValue>): number
  /** Adds a row whose keys are the table's columns. */
  insert(table: string, row: Row): void
  /** Records a durable fact and wakes those who follow its org, task or subject. */
  event(event: {
    kind: string
    org: string
    subject: string
    task?: string | undefined
    data?: Record<string, unknown>
  }): void
  /** Wakes waiters of a topic once the transaction is on disk. */
  wake(topic: string): void
  /** Names what the audit row of this change is about. */
  about(subject: string): void
}

/** Prepared statements by their text; SQL is constant, so the map stays small. */
export class Statements {
  readonly #db: Database.Database
  readonly #cache = new Map<string, Database.Statement>()

  constructor(db: Database.Database) {
    this.#db = db
  }

  // Tables are STRICT and their columns are typed beside the SQL that names them, so a row has the
  // type its caller states.
  get<T extends Row>(sql: string, params: Record<string, SqlValue>): T | undefined {
    return this.#use(sql, (statement) => statement.get(params) as T | undefined)
  }

  all<T extends Row>(sql: string, params: Record<string, SqlValue>): T[] {
    return this.#use(sql, (statement) => statement.all(params) as T[])
  }

  run(sql: string, params: Record<string, SqlValue>): number {
    return this.#use(sql, (statement) => statement.run(params).changes)
  }

  /** Trouble with the disk reaches callers as an error they can act on. */
  #use<T>(sql: string, use: (statement: Database.Statement) => T): T {
    try {
      let statement = this.#cache.get(sql)
      if (!statement) {
        statement = this.#db.prepare(sql)
        this.#cache.set(sql, statement)
      }
      return use(statement)
    } catch (error) {
      throw asStoreError(error)
    }
  }
}

export function makeTx(statements: Statements, now: number): Tx {
  const tx: Tx = {
    now,
    topics: new Set(),
    auditSubject: undefined,
    get: (sql, params = {}) => statements.get(sql, params),
    all: (sql, params = {}) => statements.all(sql, params),
    run: (sql, params = {}) => statements.run(sql, params),
    insert: (table, row) => {
      const columns = Object.keys(row)
      const values = columns.map((name) => `:${name}`).join(', ')
      statements.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values})`, row)
    },
    event: ({ kind, org, subject, task, data = {} }) => {
      statements.run(
        `INSERT INTO events (at, org, kind, subject, task, data)
         VALUES (:at, :org, :kind, :subject, :task, :data)`,
        { at: now, org, kind, subject, task: task ?? null, data: JSON.stringify(data) },
      )
      tx.topics.add('events').add(`org:${org}`).add(subject)
      if (task) tx.topics.add(task)
    },
    wake: (topic) => void tx.topics.add(topic),
    about: (subject) => void (tx.auditSubject = subject),
  }
  return tx
}

/** Reads through prepared statements, as promises. */
export const readerOf = (statements: Statements): Reader => ({
  // oxlint-disable-next-line typescript/require-await -- an engine behind a network answers later.
  get: async <T extends Row>(sql: string, params: Record<string, SqlValue> = {}) =>
    statements.get<T>(sql, params),
  // oxlint-disable-next-line typescript/require-await -- as above.
  all: async <T extends Row>(sql: string, params: Record<string, SqlValue> = {}) =>
    statements.all<T>(sql, params),
})

/**
 * One change whose statements are promises; `topics` and `auditSubject` are for who commits it. After
 * `end` it takes no statement: one that somebody forgot to await would be part of another change.
 */
export function makeTransaction(
  statements: Statements,
  now: number,
): Transaction & Pick<Tx, 'topics' | 'auditSubject'> & { end(): void } {
  const tx = makeTx(statements, now)
  let isOpen = true
  const open = <T>(use: () => T): T => {
    if (isOpen) return use()
    throw new Error('a statement was not awaited: its transaction is over')
  }
  return {
    now,
    topics: tx.topics,
    get auditSubject() {
      return tx.auditSubject
    },
    get: async (sql, params = {}) => open(() => statements.get(sql, params)),
    all: async (sql, params = {}) => open(() => statements.all(sql, params)),
    run: async (sql, params = {}) => open(() => statements.run(sql, params)),
    insert: async (table, row) => open(() => tx.insert(table, row)),
    event: async (event) => open(() => tx.event(event)),
    wake: tx.wake,
    about: tx.about,
    end: () => (isOpen = false),
  }
}
