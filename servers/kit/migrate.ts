import { hash } from 'node:crypto'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { HubError } from '../../schemas/errors.ts'
import { codeRoot } from './code-root.ts'
import { completeEarlyStore } from './early-stores.ts'
import { copyBeforeMigration, removeOldCopies } from './store-copies.ts'

/** One numbered file. Once it is committed it never changes: stores exist that it was applied to. */
export type Migration = { number: number; name: string; sql: string; digest: string }

const folder = join(codeRoot, 'servers', 'kit', 'migrations')

/**
 * Brings a database forward in one transaction, after a copy of it was kept: it is as before or has
 * all that this version needs. Branches of development merge in any order, so what counts is which
 * files were applied, not the highest number. There is no way back: the copy is the way back.
 */
export function migrate(db: Database.Database, known: Migration[] = readMigrations()): void {
  const version = db.pragma('user_version', { simple: true }) as number // An integer by definition.
  const applied = readApplied(db, known, version)
  assertKnown(applied, known, version)
  const pending = known.filter(({ number }) => !applied.has(number))
  if (pending.length === 0) return
  const highest = Math.max(version, ...pending.map(({ number }) => number))
  const copy = version === 0 ? undefined : copyBeforeMigration(db, highest)
  try {
    db.transaction(() => {
      completeEarlyStore(db, version)
      db.exec(
        'CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL) STRICT',
      )
      for (const migration of pending) apply(db, migration)
      const record = db.prepare(
        'INSERT INTO migrations (number, name, digest) VALUES (:number, :name, :digest) ON CONFLICT DO NOTHING',
      )
      for (const { number, name, digest } of known) record.run({ number, name, digest })
      db.pragma(`user_version = ${highest}`)
    })()
    removeOldCopies(db)
  } catch (error) {
    if (copy !== undefined) rmSync(copy)
    throw error
  }
}

export function readMigrations(): Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      // A checkout that ends lines in another way has the same file.
      const sql = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')
      return { number: Number.parseInt(name, 10), name, sql, digest: hash('sha256', sql) }
    })
}

function apply(db: Database.Database, { name, sql }: Migration): void {
  try {
    db.exec(sql)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new HubError(
      'failed',
      `the store was left as it was: its upgrade stops at ${name}: ${why}`,
      {
        hint: 'Go on with the version that wrote it, and report this line; `switchyard doctor` looks for damage.',
        cause: error,
      },
    )
  }
}

/** Number and digest of what was applied. Stores from before there was a record have all up to their version. */
function readApplied(
  db: Database.Database,
  known: Migration[],
  version: number,
): Map<number, string> {
  const hasRecord = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get()
  if (!hasRecord)
    return new Map(
      known
        .filter(({ number }) => number <= version)
        .map(({ number, digest }) => [number, digest] as const),
    )
  const rows = db.prepare('SELECT number, digest FROM migrations').all()
  return new Map((rows as Migration[]).map(({ number, digest }) => [number, digest])) // Those columns.
}

function assertKnown(applied: Map<number, string>, known: Migration[], version: number): void {
  const last = known.at(-1)?.number ?? 0
  const unknown = [...applied.keys()].filter(
    (number) => !known.some((one) => one.number === number),
  )
  if (version > last || unknown.length > 0)
    throw new HubError('unsupported', 'the data directory was written by a newer Switchyard', {
      hint: `It has schema ${Math.max(version, ...unknown)} and this version knows ${last}: upgrade Switchyard.`,
    })
  const changed = known.find(
    ({ number, digest }) => applied.has(number) && applied.get(number) !== digest,
  )
  if (changed)
    throw new HubError(
      'unsupported',
      `the data directory was written by a version under development: its ${changed.name} was another one`,
      { hint: 'Open it with that version, or start with another folder by --data.' },
    )
}
