export type SqlValue = string | number | bigint | Uint8Array | null
export type Row = Record<string, SqlValue>

/**
 * Statements that only read. Every one is a promise, so that the same operations can stand on an
 * engine behind a network. SQL is constant text with named parameters (`:name`).
 */
export type Reader = {
  /** The first row, or undefined. The caller states the row's type beside the SQL that names it. */
  get<T extends Row>(sql: string, params?: Record<string, SqlValue>): Promise<T | undefined>
  all<T extends Row>(sql: string, params?: Record<string, SqlValue>): Promise<T[]>
}

/** An event as it is recorded: a durable fact that wakes those who follow its org, task or subject. */
type NewEvent = {
  kind: string
  org: string
  subject: string
  task?: string | undefined
  /** Whose alone it is; missing: of all in the org. */
  owner?: string | undefined
  data?: Record<string, unknown>
}

/** One open transaction. Await nothing inside it but its own statements: others queue behind it. */
export type Transaction = Reader & {
  readonly now: number
  /** Runs a statement that writes and returns how many rows it changed. */
  run(sql: string, params?: Record<string, SqlValue>): Promise<number>
  /** Adds a row whose keys are the table's columns. */
  insert(table: string, row: Row): Promise<void>
  event(event: NewEvent): Promise<void>
  /** Wakes waiters of a topic once the transaction is on disk. */
  wake(topic: string): void
  /** Names what the audit row of this change is about. */
  about(subject: string): void
}

/** What an operation that changes something is handed: a call's context, or the store itself. */
export type Writer = {
  transaction<T>(change: (tx: Transaction) => Promise<T>): Promise<T>
}

/** A condition that holds for any element of the JSON array in the parameter: `org ${anyOf('orgs')}`. */
export const anyOf = (parameter: string): string =>
  `IN (SELECT value FROM json_each(:${parameter}))`
