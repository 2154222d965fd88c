import type Database from 'better-sqlite3'

type Addition = {
  /** Version from which a store has it, and an object whose absence tells that this one does not. */
  from: number
  isThere: string
  sql: string
}

/**
 * Before their digests were held by a test, three migrations were added to after stores had been
 * made with them. These are the additions, in the order of the files. 008 drops `synced`.
 */
const additions: Addition[] = [
  {
    from: 1,
    isThere: "SELECT 1 FROM sqlite_schema WHERE name = 'synced'",
    sql: 'CREATE TABLE synced (at INTEGER NOT NULL) STRICT',
  },
  {
    from: 2,
    isThere: "SELECT 1 FROM sqlite_schema WHERE name = 'tasks_due'",
    sql: "CREATE INDEX tasks_due ON tasks (not_before_at) WHERE state = 'queued' AND not_before_at > 0",
  },
  {
    from: 2,
    isThere: "SELECT 1 FROM sqlite_schema WHERE name = 'tasks_by_repo'",
    sql: 'CREATE INDEX tasks_by_repo ON tasks (org, repo) WHERE repo IS NOT NULL',
  },
  {
    // Who registered a long-lived agent is not known, so its name is free for its next claim.
    from: 2,
    isThere: "SELECT 1 FROM pragma_table_info('agents') WHERE name = 'principal'",
    sql: `ALTER TABLE agents ADD COLUMN principal TEXT NOT NULL DEFAULT '';
          DELETE FROM agents WHERE pod IS NULL;
          UPDATE agents SET principal = id`,
  },
  {
    from: 6,
    isThere: "SELECT 1 FROM sqlite_schema WHERE name = 'upstream_lists'",
    sql: `CREATE TABLE upstream_lists (
            upstream TEXT    NOT NULL PRIMARY KEY,
            config   TEXT    NOT NULL,
            lists    TEXT    NOT NULL,
            read_at  INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID`,
  },
]

/** The version from which on no store lacks any of it. */
const complete = 8

/** Gives a store of an early version what the migrations it was made with have had since. */
export function completeEarlyStore(db: Database.Database, version: number): void {
  if (version >= complete) return
  for (const { from, isThere, sql } of additions)
    if (version >= from && db.prepare(isThere).get() === undefined) db.exec(sql)
}
