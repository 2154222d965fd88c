import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { Task } from '../../../schemas/task.ts'
import { migrate, readMigrations } from '../../../servers/kit/migrate.ts'
import { copiesOf } from '../../../servers/kit/store-copies.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { startHub } from '../../helpers/hub.ts'

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures', 'stores')
const names = readdirSync(fixtures)
  .filter((name) => name.endsWith('.db.gz'))
  .map((name) => name.replace('.db.gz', ''))

/** A data directory with the store that an earlier version wrote. */
function dataOf(name: string): string {
  const data = makeFolder()
  const bytes = gunzipSync(readFileSync(join(fixtures, `${name}.db.gz`)))
  writeFileSync(join(data, 'switchyard.db'), bytes)
  return data
}

const schemaOf = (db: Database.Database, table: string) =>
  db.prepare(`SELECT name FROM pragma_table_info('${table}') ORDER BY name`).pluck().all()

test.each(names)('a hub goes on with the store that %s wrote', async (name) => {
  const data = dataOf(name)
  const hub = await startHub({ data })
  const { items } = await hub.call<{ items: Task[] }>('task_list')
  expect(items.map(({ state }) => state).sort()).toEqual(['canceled', 'queued', 'succeeded'])
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
  await hub.call('task_submit', { template: 'command', command: 'true' })
  const claim = { agent: 'agent-old' } // The name that the earlier hub knew.
  expect(await hub.call('task_claim', claim)).toMatchObject({
    lease: { task: { state: 'leased' } },
  })
  expect((await hub.call<{ items: object[] }>('change_list')).items).toHaveLength(1)
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
  expect(copiesOf(join(data, 'switchyard.db'))).toHaveLength(1)
})

test.each(names)('the store that %s wrote has every table and column afterwards', (name) => {
  const fresh = new Database(':memory:')
  migrate(fresh)
  const old = new Database(join(dataOf(name), 'switchyard.db'))
  migrate(old)
  const tables = fresh
    .prepare("SELECT name FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL")
    .pluck()
    .all() as string[]
  for (const table of tables) expect(schemaOf(old, table), table).toEqual(schemaOf(fresh, table))
  expect(old.pragma('foreign_key_check')).toEqual([])
  old.close()
})

test('an upgrade that fails leaves the store as it was and says so in one line', () => {
  const file = join(dataOf('bde9b82'), 'switchyard.db')
  const db = new Database(file)
  const before = db.serialize()
  const broken = {
    number: 998,
    name: '998-broken.sql',
    sql: 'CREATE TABLE half (a TEXT); DROP TABLE nowhere;',
    digest: 'x',
  }
  expect(() => migrate(db, [...readMigrations(), broken])).toThrow(
    'the store was left as it was: its upgrade stops at 998-broken.sql: no such table: nowhere',
  )
  expect(db.serialize().equals(before)).toBe(true)
  expect(copiesOf(file)).toEqual([])
  migrate(db)
  expect(copiesOf(file)).toHaveLength(1)
  db.close()
})

test('the copies kept of earlier schemas are two at most, and each opens with its own', () => {
  const file = join(dataOf('bde9b82'), 'switchyard.db')
  const db = new Database(file)
  migrate(db)
  const later = (number: number) => ({
    number,
    name: `${number}-later.sql`,
    sql: `CREATE TABLE t${number} (a TEXT)`,
    digest: String(number),
  })
  const more = [later(901), later(902), later(903)]
  for (let count = 1; count <= more.length; count++)
    migrate(db, [...readMigrations(), ...more.slice(0, count)])
  db.close()
  expect(copiesOf(file)).toEqual([`${file}.before-903`, `${file}.before-902`])
  const copy = new Database(`${file}.before-903`)
  expect(copy.pragma('user_version', { simple: true })).toBe(902)
  copy.close()
  expect(existsSync(`${file}.before-903.partial`)).toBe(false)
})

test('files of branches that are merged in another order are applied all the same', () => {
  const db = new Database(':memory:')
  const one = { number: 801, name: '801-one.sql', sql: 'CREATE TABLE one (a TEXT)', digest: '1' }
  const two = { number: 802, name: '802-two.sql', sql: 'CREATE TABLE two (a TEXT)', digest: '2' }
  migrate(db, [...readMigrations(), two])
  migrate(db, [...readMigrations(), one, two])
  expect(schemaOf(db, 'one')).toEqual(['a'])
  expect(db.pragma('user_version', { simple: true })).toBe(802)
  const other = { ...one, digest: 'changed' }
  expect(() => migrate(db, [...readMigrations(), other, two])).toThrow(/801-one.sql was another/)
  expect(() => migrate(db, [...readMigrations(), two])).toThrow(/newer Switchyard/)
})
