import type Database from 'better-sqlite3'
import { readMigrations } from '../migrate.ts'
import { readerOf } from '../statements.ts'
import { Statements } from '../statements.ts'
import type { Verdict } from './audit.ts'
import { verifyAudit } from './audit.ts'

// What a store says of itself to whoever looks after it. The store may be damaged, or of an earlier
// schema, so each question is one statement and fails alone.

/** What SQLite finds wrong with the pages and indexes; nothing when all is well. */
export function pageProblems(db: Database.Database): string[] {
  const rows = db.pragma('integrity_check(20)') as { integrity_check: string }[] // By its documentation.
  const lines = rows.flatMap(({ integrity_check: text }) => text.split('\n'))
  return lines.filter((line) => line !== 'ok' && !line.startsWith('***'))
}

/** Rows that refer to a row that is not there, by their table. */
export function danglingRows(db: Database.Database): Record<string, number> {
  const rows = db.pragma('foreign_key_check') as { table: string }[] // By its documentation.
  const counts: Record<string, number> = {}
  for (const { table } of rows) counts[table] = (counts[table] ?? 0) + 1
  return counts
}

/** The check of the audit chain; nothing for a store that is still to be brought to this schema. */
export async function chainVerdict(db: Database.Database): Promise<Verdict | undefined> {
  if (schemaState(db).pending > 0) return undefined
  return verifyAudit(readerOf(new Statements(db)))
}

/** The schema of a store, and how many migrations this version would apply to it. */
export function schemaState(db: Database.Database): { schema: number; pending: number } {
  const schema = db.pragma('user_version', { simple: true }) as number // An integer by definition.
  const known = readMigrations()
  const hasRecord = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get()
  const applied = hasRecord
    ? new Set(db.prepare('SELECT number FROM migrations').pluck().all())
    : new Set(known.map(({ number }) => number).filter((number) => number <= schema))
  return { schema, pending: known.filter(({ number }) => !applied.has(number)).length }
}

export type StoreSize = { bytes: number; unusedBytes: number }

export function storeSize(db: Database.Database): StoreSize {
  const pages = (name: string) => db.pragma(name, { simple: true }) as number // Integers.
  const pageBytes = pages('page_size')
  return {
    bytes: pages('page_count') * pageBytes,
    unusedBytes: pages('freelist_count') * pageBytes,
  }
}

/** What files are kept for; a store of an earlier schema has no pictures of conversations. */
export function artifactDigests(db: Database.Database): Set<string> {
  const hasPictures = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'chat_files'").get()
  const pictures = hasPictures ? ' UNION SELECT sha256 FROM chat_files' : ''
  return new Set(
    db.prepare(`SELECT sha256 FROM artifacts${pictures}`).pluck().all() as string[], // TEXT.
  )
}

export const repositoryIds = (db: Database.Database): Set<string> =>
  new Set(db.prepare('SELECT id FROM repositories').pluck().all() as string[]) // TEXT.

/** Tasks that are not final: only they need their folders. */
export const openTaskIds = (db: Database.Database): Set<string> =>
  new Set(db.prepare('SELECT id FROM tasks WHERE finished_at IS NULL').pluck().all() as string[]) // TEXT.

export const livePodIds = (db: Database.Database): Set<string> =>
  new Set(db.prepare('SELECT id FROM pods WHERE ended_at IS NULL').pluck().all() as string[]) // TEXT.

/** Followers of the events, and how many each has still to read. */
export const followerLags = (db: Database.Database): { name: string; behind: number }[] =>
  db
    .prepare(
      `SELECT name, (SELECT coalesce(max(seq), 0) FROM events) - seq AS behind FROM cursors ORDER BY name`,
    )
    .all() as { name: string; behind: number }[] // Those columns.
