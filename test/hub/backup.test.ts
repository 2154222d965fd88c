import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Change } from '../../schemas/change.ts'
import type { Task } from '../../schemas/task.ts'
import { openChange } from '../helpers/changes.ts'
import { sy } from '../helpers/command-line.ts'
import { makeFolder } from '../helpers/folder.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'

/** A hub with something of every kind in its data directory. */
async function usedHub(data: string): Promise<{ hub: TestHub; task: string; change: Change }> {
  const hub = await startHub({ data })
  writeFileSync(join(data, 'switchyard.json'), '{"tags":["kept"]}')
  await hub.call('task_submit', { template: 'command', command: 'true' })
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker' })
  const { fence } = lease
  const task = lease.task.id
  const agent = hub.client.withToken(lease.token)
  await agent.call('artifact_create', { task, fence, name: 'report.txt', data: 'all is well' })
  const documents = [{ path: 'a.md', text: 'The zebra crossing is painted anew in May.' }]
  await hub.call('context_ingest', {
    kind: 'text',
    uri: 'told',
    name: 'told',
    documents,
    wait_ms: 30_000,
  })
  const change = await openChange(hub, await makeRepo())
  return { hub, task, change }
}

test('a backup of a running hub brings back all of it elsewhere, and work goes on there', async () => {
  const { hub, task, change } = await usedHub(makeFolder())
  const file = join(makeFolder(), 'all.tar.gz')
  const made = await sy(['backup', file, '--data', hub.hub.dataDir, '--json'])
  expect(made).toMatchObject({ code: 0 })
  expect(statSync(file).mode & 0o077).toBe(0)
  await hub.call('task_submit', { template: 'command', command: 'true' }) // Later than the backup.
  const data = join(makeFolder(), 'new')
  expect(await sy(['restore', file, '--data', data])).toMatchObject({ code: 0 })
  expect(statSync(data).mode & 0o077).toBe(0)
  const again = await startHub({ data })
  expect(again.token).toBe(hub.token)
  expect((await again.call<{ items: Task[] }>('task_list')).items).toHaveLength(1)
  const { items } = await again.call<{ items: { id: string }[] }>('artifact_list', { task })
  expect(await again.call('artifact_read', { artifact: items[0]?.id })).toMatchObject({
    data: 'all is well',
  })
  expect(await again.call('audit_verify')).toMatchObject({ intact: true })
  expect(await again.call('change_read', { change: change.id })).toMatchObject({
    change: { state: 'open' },
  })
  const found = await again.call('context_search', { query: 'zebra crossing' })
  expect(JSON.stringify(found)).toContain('painted anew')
  // The working folder was not in it and is made anew from the commits.
  const space = await again.call<{ path: string }>('branch_create', {
    repo: await repoOf(again),
    task: 'task-one',
  })
  expect(readFileSync(join(space.path, 'src/sum.js'), 'utf8')).toContain('a + b')
  writeFileSync(join(space.path, 'more.txt'), 'more')
  await again.call('commit_create', { task: 'task-one', message: 'More' })
  expect(await again.call('change_open', { task: 'task-one', title: 'Add' })).toMatchObject({
    id: change.id,
  })
  expect(again.hub.config().file.tags).toEqual(['kept'])
})

const repoOf = async (hub: TestHub): Promise<string> =>
  (await hub.call<{ items: { path: string }[] }>('repo_list')).items[0]?.path ?? ''

test('a file that no backup can be made in or brought back from is called by what is wrong', async () => {
  const { hub } = await startHub()
  const folder = makeFolder()
  const said = (code: number, text: string) => ({
    code,
    err: expect.stringContaining(text) as string,
  })
  expect(await sy(['backup', join(folder, 'no', 'x.tar.gz'), '--data', hub.dataDir])).toMatchObject(
    said(2, `there is no folder ${join(folder, 'no')}`),
  )
  const plain = join(folder, 'README.md')
  writeFileSync(plain, '# Not an archive\n')
  const restore = (file: string, ...args: string[]) => sy(['restore', file, ...args])
  const elsewhere = ['--data', join(folder, 'new')]
  const refused = await restore(plain, ...elsewhere)
  expect(refused).toMatchObject(said(2, `${plain} is no backup of Switchyard`))
  expect(refused.err).not.toContain('header')
  expect(await restore(folder, ...elsewhere)).toMatchObject(said(2, 'it is a folder'))
  expect(existsSync(join(folder, 'new'))).toBe(false)
  const live = await restore(plain, '--force', '--data', hub.dataDir)
  expect(live).toMatchObject(said(5, `a hub runs on ${hub.dataDir}`))
  expect(live.err).toContain('Stop the hub first')
})

test('a backup is a tar that any tar lists, and is not written over', async () => {
  const hub = await startHub()
  const file = join(makeFolder(), 'all.tar.gz')
  expect(await sy(['backup', file, '--data', hub.hub.dataDir])).toMatchObject({ code: 0 })
  const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).split('\n')
  expect(names).toEqual(expect.arrayContaining(['switchyard.db', 'token', 'manifest.json']))
  expect(readdirSync(dirname(file))).toEqual(['all.tar.gz'])
  expect(await sy(['backup', file, '--data', hub.hub.dataDir])).toMatchObject({ code: 5 })
  expect(await sy(['backup', '--data', hub.hub.dataDir])).toMatchObject({ code: 2 })
  const nowhere = ['backup', join(makeFolder(), 'b'), '--data', makeFolder()]
  expect(await sy(nowhere)).toMatchObject({ code: 5 })
})

test('names of any length and empty folders come back as they were', async () => {
  const hub = await startHub()
  const { dataDir } = hub.hub
  const deep = join('repos', 'x.git', 'refs', 'heads', ...Array<string>(6).fill('ü'.repeat(60)))
  mkdirSync(join(dataDir, deep), { recursive: true })
  writeFileSync(join(dataDir, deep, 'head'), 'of a branch')
  mkdirSync(join(dataDir, 'repos', 'x.git', 'objects'))
  const file = join(makeFolder(), 'all.tar.gz')
  expect(await sy(['backup', file, '--data', dataDir])).toMatchObject({ code: 0 })
  const data = makeFolder()
  expect(await sy(['restore', file, '--data', data])).toMatchObject({ code: 0 })
  expect(readFileSync(join(data, deep, 'head'), 'utf8')).toBe('of a branch')
  expect(readdirSync(join(data, 'repos', 'x.git', 'objects'))).toEqual([])
})

test('restore replaces nothing unless told to, and then keeps what was there', async () => {
  const hub = await startHub()
  const { dataDir } = hub.hub
  const file = join(makeFolder(), 'all.tar.gz')
  await sy(['backup', file, '--data', dataDir])
  const refused = await sy(['restore', file, '--data', dataDir])
  expect(refused).toMatchObject({ code: 5, err: expect.stringMatching(/not empty/) as string })
  const live = await sy(['restore', file, '--data', dataDir, '--force'])
  expect(live).toMatchObject({ code: 5, err: expect.stringMatching(/a hub runs on/) as string })
  await hub.hub.stop()
  writeFileSync(join(dataDir, 'mine'), 'keep me')
  const forced = await sy(['restore', file, '--data', dataDir, '--force', '--json'])
  expect(forced).toMatchObject({ code: 0 })
  const { keptAt } = JSON.parse(forced.out) as { keptAt: string }
  expect(readFileSync(join(keptAt, 'mine'), 'utf8')).toBe('keep me')
  expect(existsSync(join(dataDir, 'mine'))).toBe(false)
  const again = await startHub({ data: dataDir })
  expect(await again.call('audit_verify')).toMatchObject({ intact: true })
})

test('an archive that is damaged, cut, foreign or too new changes nothing', async () => {
  const hub = await startHub()
  const file = join(makeFolder(), 'all.tar.gz')
  await sy(['backup', file, '--data', hub.hub.dataDir])
  const bytes = readFileSync(file)
  const flipped = Buffer.from(bytes)
  const middle = bytes.length >> 1
  flipped[middle] = (flipped[middle] ?? 0) ^ 0xff
  const cases = { flipped, cut: bytes.subarray(0, middle), foreign: Buffer.from('hello') }
  const parent = makeFolder()
  for (const [name, content] of Object.entries(cases)) {
    const wrong = join(makeFolder(), name)
    writeFileSync(wrong, content)
    const ran = await sy(['restore', wrong, '--data', join(parent, 'new')])
    expect(ran, name).toMatchObject({ code: 2 })
    expect(ran.err, name).not.toMatch(/^ +at /m)
  }
  const missing = await sy(['restore', join(parent, 'none'), '--data', join(parent, 'new')])
  expect(missing).toMatchObject({
    code: 5,
    err: expect.stringMatching(/there is no file/) as string,
  })
  await hub.hub.stop()
  const db = new Database(join(hub.hub.dataDir, 'switchyard.db'))
  db.pragma('user_version = 999')
  db.close()
  const newer = join(makeFolder(), 'newer')
  await sy(['backup', newer, '--data', hub.hub.dataDir])
  expect(await sy(['restore', newer, '--data', join(parent, 'new')])).toMatchObject({
    code: 5,
    err: expect.stringMatching(/newer Switchyard/) as string,
  })
  expect(readdirSync(parent)).toEqual([])
})
