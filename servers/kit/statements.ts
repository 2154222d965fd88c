import type Database from 'better-sqlite3'
import type { Reader, Row, SqlValue, Transaction } from './sql.ts'
import { asStoreError } from './store-errors.ts'

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

  /** Takes values by name, or by their place. */
  run(sql: string, params: Record<string, SqlValue> | SqlValue[]): number {
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

/** Reads through prepared statements, as promises. */
export const readerOf = (statements: Statements): Reader => ({
  // oxlint-disable-next-line typescript/require-await -- an engine behind a network answers later.
  get: async <T extends Row>(sql: string, params: Record<string, SqlValue> = {}) =>
    statements.get<T>(sql, params),
  // oxlint-disable-next-line typescript/require-await -- as above.
  all: async <T extends Row>(sql: string, params: Record<string, SqlValue> = {}) =>
    statements.all<T>(sql, params),
})

/** A transaction, with what who commits it has to know: whom to wake, and what it is about. */
export type OpenTransaction = Transaction & {
  topics: Set<string>
  auditSubject: string | undefined
  /** From now on it takes no statement: one that was not awaited would be part of another change. */
  end(): void
}

/** One change; its statements run at once, and say so as promises. */
export function makeTransaction(statements: Statements, now: number): OpenTransaction {
  let isOpen = true
  const open = <T>(use: () => T): T => {
    if (isOpen) return use()
    throw new Error('a statement was not awaited: its transaction is over')
  }
  const tx: OpenTransaction = {
    now,
    topics: new Set(),
    auditSubject: undefined,
    get: async (sql, params = {}) => open(() => statements.get(sql, params)),
    all: async (sql, params = {}) => open(() => statements.all(sql, params)),
    run: async (sql, params = {}) => open(() => statements.run(sql, params)),
    insert: async (table, row) => {
      const columns = Object.keys(row)
      const values = columns.map((name) => `:${name}`).join(', ')
      const sql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values})`
      open(() => statements.run(sql, row))
    },
    event: async ({ kind, org, subject, task = null, owner = null, data = {} }) => {
      const row = { at: now, org, kind, subject, task, owner, data: JSON.stringify(data) }
      open(() =>
        statements.run(
          `INSERT INTO events (at, org, kind, subject, task, owner, data)
           VALUES (:at, :org, :kind, :subject, :task, :owner, :data)`,
          row,
        ),
      )
      tx.topics.add('events').add(`org:${org}`).add(subject)
      if (task) tx.topics.add(task)
    },
    wake: (topic) => void tx.topics.add(topic),
    about: (subject) => void (tx.auditSubject = subject),
    end: () => void (isOpen = false),
  }
  return tx
}
