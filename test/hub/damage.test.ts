import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { Task } from '../../schemas/task.ts'
import { sy } from '../helpers/command-line.ts'
import { makeFolder } from '../helpers/folder.ts'
import { startHub } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'

type Finding = { check: string; level: string; message: string; hint?: string }

const pageBytes = 4096
const tasks = 150

/** A data directory with some hundred rows, and no log beside its store. */
async function usedDir(): Promise<string> {
  const data = makeFolder()
  const hub = await startHub({ data })
  const command = `echo ${'x'.repeat(400)}`
  for (let count = 0; count < tasks; count++)
    await hub.call('task_submit', { template: 'command', command })
  await hub.hub.stop()
  return data
}

const storeOf = (data: string) => join(data, 'switchyard.db')

const start = (data: string) =>
  sy(['start', '--data', data, '--port', '0', '--log-level', 'silent', '--dispatch', 'off'])

async function doctor(data: string): Promise<{ code: number; findings: Finding[] }> {
  const { code, out } = await sy(['doctor', '--data', data, '--json'])
  return { code, findings: (JSON.parse(out) as { findings: Finding[] }).findings }
}

const errorsOf = (findings: Finding[]) =>
  findings.filter(({ level }) => level === 'error').map(({ check }) => check)

/** Pages of one table, from the back, so that its first rows stay readable. */
function lastPages(file: string, table: string, count: number): number[] {
  const db = new Database(file, { readonly: true })
  const pages = db
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path DESC")
    .pluck()
    .all(table) as number[]
  db.close()
  return pages.slice(1, 1 + count)
}

function scramble(file: string, pages: number[]): void {
  const bytes = readFileSync(file)
  for (const page of pages) bytes.fill(0xa5, (page - 1) * pageBytes, page * pageBytes)
  writeFileSync(file, bytes)
}

test('nothing is wrong with a store that is used, while its hub runs and after', async () => {
  const hub = await startHub()
  await hub.call('task_submit', { template: 'command', command: 'true' })
  await hub.call('context_ingest', {
    kind: 'text',
    uri: 'told',
    name: 'told',
    documents: [{ path: 'a.md', text: 'One document.' }],
    wait_ms: 30_000,
  })
  const running = await doctor(hub.hub.dataDir)
  expect(running).toMatchObject({ code: 0 })
  expect(running.findings.filter(({ level }) => level !== 'ok')).toEqual([])
  await hub.hub.stop()
  expect(await doctor(hub.hub.dataDir)).toMatchObject({ code: 0 })
  const text = await sy(['doctor', '--data', hub.hub.dataDir])
  expect(text.out).toMatch(/✓ audit +the chain of \d+ rows? is intact/)
  expect(text.out).toMatch(/✓ context +1 index is sound\n✓ artifacts +there are none\n/)
  expect(text.out).toMatch(/✓ repositories +none is known\n/)
})

test.each([
  ['no database', (file: string) => writeFileSync(file, 'not a database, '.repeat(1000))],
  ['empty', (file: string) => truncateSync(file, 0)],
  ['without its first page', (file: string) => scramble(file, [1])],
])('a store that is %s ends a start with one line that says what helps', async (_what, damage) => {
  const data = await usedDir()
  damage(storeOf(data))
  const ran = await start(data)
  expect(ran.code).toBe(4)
  expect(ran.err.trim().split('\n')).toHaveLength(1)
  expect(ran.err).toMatch(/switchyard restore FILE --force/)
  const { code, findings } = await doctor(data)
  expect(code).toBe(5)
  expect(errorsOf(findings)).toEqual(['store'])
  const salvaged = await sy(['doctor', '--data', data, '--salvage', join(makeFolder(), 'new')])
  expect(salvaged.code).not.toBe(0)
  expect(salvaged.err).toMatch(/switchyard restore FILE --force/)
})

test('a store of an earlier version is looked at without being taken for a damaged one', async () => {
  const data = makeFolder()
  chmodSync(data, 0o700)
  const old = join(import.meta.dirname, '../fixtures/stores/d9e2eab.db.gz')
  writeFileSync(storeOf(data), gunzipSync(readFileSync(old)), { mode: 0o600 })
  const { findings } = await doctor(data)
  expect(findings.find(({ check }) => check === 'schema')?.level).toBe('warning')
  expect(findings.filter(({ message }) => message.includes('cannot be read'))).toEqual([])
})

test('damaged pages are found, and what is on the others is saved into a store that works', async () => {
  const data = await usedDir()
  scramble(storeOf(data), lastPages(storeOf(data), 'tasks', 2))
  const { code, findings } = await doctor(data)
  expect(code).toBe(5)
  expect(errorsOf(findings)).toContain('pages')
  const target = join(makeFolder(), 'new')
  const ran = await sy(['doctor', '--data', data, '--salvage', target, '--json'])
  expect(ran).toMatchObject({ code: 0 })
  const { tables } = JSON.parse(ran.out) as {
    tables: { table: string; rows: number; isWhole: boolean }[]
  }
  const saved = tables.find(({ table }) => table === 'tasks')
  expect(saved).toMatchObject({ isWhole: false })
  expect(saved?.rows).toBeGreaterThan(tasks / 2)
  expect(saved?.rows).toBeLessThan(tasks)
  expect(tables.find(({ table }) => table === 'audit')).toMatchObject({
    isWhole: true,
    rows: tasks,
  })
  expect(await doctor(target)).toMatchObject({ code: 0 })
  const hub = await startHub({ data: target })
  await hub.call('task_submit', { template: 'command', command: 'true' })
  expect(await hub.call('task_claim', { agent: 'worker' })).toHaveProperty('lease')
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true, rows: tasks + 3 })
  expect(hub.token).toBe(readFileSync(join(data, 'token'), 'utf8').trim())
})

test('of a store that was cut what is left is saved', async () => {
  const data = await usedDir()
  const size = readFileSync(storeOf(data)).length
  // The first two thirds are tables and indexes as they were made; their rows follow.
  truncateSync(storeOf(data), Math.floor((size * 0.85) / pageBytes) * pageBytes)
  expect(await doctor(data)).toMatchObject({ code: 5 })
  const target = join(makeFolder(), 'new')
  expect(await sy(['doctor', '--data', data, '--salvage', target])).toMatchObject({ code: 0 })
  const hub = await startHub({ data: target })
  expect((await hub.call<{ items: Task[] }>('task_list')).items.length).toBeGreaterThan(5)
})

test('a running hub that meets a damaged page says so and which command helps', async () => {
  const data = await usedDir()
  scramble(storeOf(data), lastPages(storeOf(data), 'tasks', 3))
  const hub = await startHub({ data, logLevel: 'silent' })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, (_, page) => hub.call('task_list', { limit: 40 + page * 40 })),
  )
  const refused = outcomes.find(({ status }) => status === 'rejected')
  expect(refused).toMatchObject({
    reason: {
      code: 'unavailable',
      message: 'the store is damaged',
      hint: expect.stringMatching(/switchyard doctor/) as string,
    },
  })
})

test('a store whose log was lost opens as of its last checkpoint, and its trail is whole', async () => {
  const data = makeFolder()
  const first = new ProcessHub(data, ['--dispatch', 'off'])
  await first.start()
  await first.client().call('task_submit', { template: 'command', command: 'true' })
  await first.stop()
  const second = new ProcessHub(data, ['--dispatch', 'off'])
  await second.start()
  await second.client().call('task_submit', { template: 'command', command: 'true' })
  await second.kill()
  expect(existsSync(`${storeOf(data)}-wal`)).toBe(true)
  rmSync(`${storeOf(data)}-wal`)
  rmSync(`${storeOf(data)}-shm`)
  const hub = await startHub({ data })
  expect((await hub.call<{ items: Task[] }>('task_list')).items).toHaveLength(1)
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
})

test('files without rows, rows without files, open secrets and left-over folders are found', async () => {
  const data = await usedDir()
  const stray = 'ab'.repeat(32)
  mkdirSync(join(data, 'artifacts', 'ab'), { recursive: true })
  writeFileSync(join(data, 'artifacts', 'ab', stray), 'x')
  mkdirSync(join(data, 'work', 'task-gone'))
  chmodSync(join(data, 'token'), 0o644)
  const first = await doctor(data)
  expect(errorsOf(first.findings)).toEqual(['permissions'])
  const warnings = first.findings.filter(({ level }) => level === 'warning')
  expect(warnings.map(({ check }) => check)).toEqual(['artifacts', 'folders'])
  const db = new Database(storeOf(data))
  db.pragma('foreign_keys = ON')
  db.prepare(
    `INSERT INTO artifacts SELECT 'artifact-1', id, 1, 'a', 'text/plain', 1, :sha256, 1 FROM tasks LIMIT 1`,
  ).run({ sha256: 'cd'.repeat(32) })
  db.close()
  expect(errorsOf((await doctor(data)).findings)).toEqual(['permissions', 'artifacts'])
})

test('a trail that was tampered with, and a file of settings that cannot be read, are found', async () => {
  const data = await usedDir()
  const db = new Database(storeOf(data))
  db.exec(
    "DROP TRIGGER audit_is_append_only_update; UPDATE audit SET principal = 'nobody' WHERE seq = 7",
  )
  db.close()
  writeFileSync(join(data, 'switchyard.json'), '{')
  const { findings } = await doctor(data)
  expect(errorsOf(findings)).toEqual(['settings', 'audit'])
  expect(findings.find(({ check }) => check === 'audit')?.message).toContain('row 7')
})
