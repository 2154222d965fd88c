import Database from 'better-sqlite3'
import { HubError } from '../../../schemas/errors.ts'
import { isDamage } from '../store-errors.ts'
import { readAround } from './damaged-table.ts'

/** What came of one table: rows that could be read, and whether some could not. */
export type Salvaged = { table: string; rows: number; isWhole: boolean }

type Part = { type: 'table' | 'index' | 'trigger'; name: string; sql: string }

/**
 * Copies what can be read of a damaged store into a new one of the same schema. Rows that refer to a
 * row that was lost are left out, so that the new store holds together.
 */
export function salvageStore(from: string, to: string): Salvaged[] {
  const source = new Database(from, { readonly: true, fileMustExist: true })
  // Else SQLite reads nothing of a file that is shorter than it was.
  source.unsafeMode()
  source.pragma('writable_schema = ON')
  const target = new Database(to)
  try {
    const { parts, schema } = readSchema(source, from)
    target.pragma('foreign_keys = OFF')
    const ofType = (type: Part['type']) => parts.filter((part) => part.type === type)
    // Indexes before rows: of two rows that a damaged page made equal, only one is taken.
    for (const part of [...ofType('table'), ...ofType('index')]) target.exec(part.sql)
    const salvaged = ofType('table').map(({ name }) => copyTable(source, target, name))
    copySequences(source, target)
    removeDangling(target, ofType('table'))
    for (const part of ofType('trigger')) target.exec(part.sql)
    target.pragma(`user_version = ${schema}`)
    return salvaged.map((table) => ({ ...table, rows: countOf(target, table.table) }))
  } finally {
    source.close()
    target.close()
  }
}

function readSchema(source: Database.Database, file: string): { parts: Part[]; schema: number } {
  try {
    const parts = source
      .prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
      )
      .all() as Part[] // Those columns.
    if (parts.length === 0) throw new Error('it has no tables')
    return { parts, schema: source.pragma('user_version', { simple: true }) as number } // An integer.
  } catch (error) {
    throw new HubError(
      'failed',
      `nothing of ${file} can be saved: what it says of its tables is lost`,
      {
        hint: 'Bring a backup back with `switchyard restore FILE --force`.',
        cause: error,
      },
    )
  }
}

function copyTable(source: Database.Database, target: Database.Database, table: string): Salvaged {
  const columns = target.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all()
  const names = (columns as string[]).map((name) => `"${name}"`).join(', ')
  const values = columns.map(() => '?').join(', ')
  const insert = target.prepare(`INSERT OR IGNORE INTO "${table}" (${names}) VALUES (${values})`)
  let rows = 0
  let isWhole = true
  target.transaction(() => {
    for (const row of readAround(source, table, () => (isWhole = false))) {
      try {
        rows += insert.run(...row).changes
      } catch (error) {
        // A value that the column does not take was not written by the hub.
        if (!(error instanceof Database.SqliteError)) throw error
        isWhole = false
      }
    }
  })()
  return { table, rows, isWhole }
}

/** Numbers that were given once are never given again, also when their rows are gone. */
function copySequences(source: Database.Database, target: Database.Database): void {
  try {
    const rows = source.prepare('SELECT name, seq FROM sqlite_sequence').all()
    const remove = target.prepare('DELETE FROM sqlite_sequence WHERE name = :name')
    const insert = target.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)')
    for (const row of rows as { name: string; seq: number }[]) {
      remove.run({ name: row.name })
      insert.run(row)
    }
  } catch (error) {
    if (!isDamage(error)) throw error // Then numbers go on after the last row that was saved.
  }
}

/** Again and again, because a row that is removed may be what another one refers to. */
function removeDangling(target: Database.Database, tables: Part[]): void {
  for (let removed = 1; removed > 0;) {
    removed = 0
    for (const { name } of tables) {
      const keys = target.pragma(`foreign_key_list("${name}")`) as {
        table: string
        from: string
        to: string
      }[] // By its documentation.
      for (const key of keys)
        removed += target
          .prepare(
            `DELETE FROM "${name}" WHERE "${key.from}" IS NOT NULL
               AND "${key.from}" NOT IN (SELECT "${key.to}" FROM "${key.table}")`,
          )
          .run().changes
    }
  }
}

const countOf = (db: Database.Database, table: string): number =>
  db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number // A count.
