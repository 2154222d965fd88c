import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { AuditItem } from '../../../schemas/audit.ts'
import { HubError } from '../../../schemas/errors.ts'
import { Store } from '../../../servers/kit/store.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeSmallDisk } from '../../helpers/small-disk.ts'

const insert = 'INSERT INTO cursors (name, seq) VALUES (:name, 1)'
const count = async ({ reader }: Store) =>
  (await reader.get<{ n: number }>('SELECT count(*) AS n FROM cursors'))?.n

test('one change that fails leaves the others of its batch standing', async () => {
  const store = new Store(join(makeFolder(), 'a.db'), Date.now)
  const outcomes = await Promise.allSettled([
    store.transaction((tx) => tx.run(insert, { name: 'a' })),
    store.transaction(async (tx) => {
      await tx.run(insert, { name: 'b' })
      throw new HubError('conflict', 'on second thoughts')
    }),
    store.transaction((tx) => tx.run(insert, { name: 'c' })),
  ])
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await count(store)).toBe(2)
  await store.close()
})

test('an undone change leaves no audit row, so the chain stays whole', async () => {
  const hub = await startHub()
  await failure(hub.call('task_cancel', { task: 'task-none' }))
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
})

test('the audit trail cannot be changed through the database, and tampering with the file is found', async () => {
  const data = makeFolder()
  const hub = await startHub({ data })
  for (let index = 0; index < 5; index++)
    await hub.call('task_submit', { template: 'command', command: 'true' })
  const change = hub.hub.store.transaction((tx) => tx.run("UPDATE audit SET tool = 'x'"))
  await expect(change).rejects.toThrow(/append-only/)
  await hub.hub.stop()
  const db = new Database(join(data, 'switchyard.db'))
  db.exec(
    "DROP TRIGGER audit_is_append_only_update; UPDATE audit SET principal = 'nobody' WHERE seq = 3",
  )
  db.close()
  const again = await startHub({ data })
  expect(await again.call('audit_verify')).toMatchObject({ intact: false, brokenAt: 3 })
})

test('only one hub works in a data directory', async () => {
  const data = makeFolder()
  await startHub({ data })
  await expect(startHub({ data })).rejects.toThrow(/another hub already runs/)
})

test('a full disk is a typed error; what was acknowledged stays, and work goes on after room is made', async (context) => {
  const { folder, grow } = makeSmallDisk(context, 3)
  const store = new Store(join(folder, 'a.db'), Date.now)
  const fill = `INSERT INTO events (at, org, kind, subject, data) VALUES (1, 'o', 'k', 's', :data)`
  let acknowledged = 0
  const refused = await failure(
    (async () => {
      for (;;) {
        await store.transaction((tx) => tx.run(fill, { data: 'x'.repeat(50_000) }))
        acknowledged++
      }
    })(),
  )
  expect(refused).toMatchObject({ code: 'exhausted' })
  expect(acknowledged).toBeGreaterThan(5)
  grow(12)
  await store.transaction((tx) => tx.run(fill, { data: 'after' }))
  expect((await store.reader.get<{ n: number }>('SELECT count(*) AS n FROM events'))?.n).toBe(
    acknowledged + 1,
  )
  await store.close()
})

test('a hub whose disk is full says so, keeps what it acknowledged, and recovers', async (context) => {
  const { folder, grow } = makeSmallDisk(context, 6)
  const hub = await startHub({ data: folder, logLevel: 'silent' })
  const submit = () =>
    hub.call<{ id: string }>('task_submit', {
      template: 'command',
      command: `true ${'x'.repeat(7000)}`,
    })
  const acknowledged: string[] = []
  const refused = await failure(
    (async () => {
      for (;;) acknowledged.push((await submit()).id)
    })(),
  )
  expect(refused).toMatchObject({
    code: 'exhausted',
    hint: expect.stringMatching(/Free some space/) as string,
  })
  expect(await hub.call('whoami')).toMatchObject({ principal: { id: 'owner' } })
  grow(24)
  await submit()
  for (const task of acknowledged)
    expect(await hub.call('task_read', { task })).toMatchObject({ task: { id: task } })
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
})

test('a page of the trail is short unless all of it is asked for', async () => {
  const hub = await startHub()
  const command = 'x'.repeat(400)
  for (let count = 0; count < 30; count++)
    await hub.call('task_submit', { template: 'command', command })
  const { items } = await hub.call<{ items: AuditItem[] }>('audit_list')
  expect(items).toHaveLength(25)
  // Four characters are a token at best, ids and digits about two and a half.
  expect(JSON.stringify(items).length).toBeLessThan(2500 * 2.5)
  const full = await hub.call<{ items: AuditItem[] }>('audit_list', { full: true, limit: 1 })
  expect(full.items[0]).toMatchObject({ org: '*', hash: expect.any(String) as string })
})
