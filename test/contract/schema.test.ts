import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { migrate } from '../../servers/kit/migrate.ts'

test('the database schema is what it was', async () => {
  const db = new Database(':memory:')
  migrate(db)
  const rows = db
    .prepare(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name",
    )
    .all()
  const text = (rows as { sql: string }[]).map(({ sql }) => `${sql};`).join('\n\n')
  await expect(`${text}\n`).toMatchFileSnapshot('tools/schema.sql')
})

test('migrating twice changes nothing, and a newer database is refused', () => {
  const db = new Database(':memory:')
  migrate(db)
  migrate(db)
  db.pragma('user_version = 999')
  expect(() => migrate(db)).toThrow(/newer Switchyard/)
})
