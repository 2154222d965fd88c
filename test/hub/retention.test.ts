import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { HubClient } from '../../agent/hub-client.ts'
import type { Granted } from '../../agent/lease.ts'
import { removeUnusedBlobs } from '../../hub/controllers/retention-steps.ts'
import type { AuditItem } from '../../schemas/audit.ts'
import type { Event } from '../../schemas/event.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import { openChange } from '../helpers/changes.ts'
import type { TestHub } from '../helpers/hub.ts'
import { failure, startHub, until } from '../helpers/hub.ts'
import { makeRepo } from '../helpers/repo.ts'
import { round } from '../helpers/retention.ts'

const submit = (hub: TestHub) =>
  hub.call<Task>('task_submit', { template: 'command', command: 'true' })

/** A task that ran, with output and an artifact. */
async function finished(hub: TestHub, data = 'all is well'): Promise<string> {
  const { id: task } = await submit(hub)
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker', task })
  const agent = hub.client.withToken(lease.token)
  const { fence } = lease
  const chunks = [{ stream: 'out', at: 1, data: 'hello\n' }]
  await agent.call('task_log_append', { task, fence, position: 0, chunks })
  await agent.call('artifact_create', { task, fence, name: 'report.txt', data })
  const result = { summary: 'done' }
  await agent.call('task_report', { task, fence, outcome: 'succeeded', result })
  await followersAreDone(hub)
  return task
}

const followersAreDone = ({ hub }: TestHub) =>
  until(async () => {
    const last = await hub.store.reader.get<{ seq: number }>('SELECT max(seq) AS seq FROM events')
    const read = await hub.store.reader.get<{ seq: number }>('SELECT min(seq) AS seq FROM cursors')
    return last?.seq === read?.seq
  })

const eventsOf = async (hub: TestHub) =>
  (await hub.call<{ items: Event[] }>('event_list', { after: 0, limit: 500 })).items

const blobsOf = ({ hub }: TestHub) =>
  readdirSync(join(hub.dataDir, 'artifacts'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.length > 60,
  )

test('what is younger than its limit stays', async () => {
  const hub = await startHub()
  const task = await finished(hub)
  const before = (await eventsOf(hub)).length
  expect(await round(hub, 30)).toMatchObject({ audit: 0, events: 0, logBytes: 0, artifacts: 0 })
  expect(await eventsOf(hub)).toHaveLength(before)
  expect((await hub.call<{ items: LogChunk[] }>('task_log', { task })).items[0]?.data).toBe(
    'hello\n',
  )
})

test('old rows are removed, the trail verifies from its checkpoint, and what was removed is on record', async () => {
  const data = makeFolder()
  const hub = await startHub({ data })
  const task = await finished(hub)
  const { rows } = await hub.call<{ rows: number }>('audit_verify')
  for (const name of blobsOf(hub)) utimesSync(join(data, 'artifacts', name), 1, 1)
  const removed = await round(hub, 400)
  expect(removed).toMatchObject({ audit: rows, logBytes: 6, artifacts: 1 })
  expect(removed.events).toBeGreaterThan(3)
  expect(await eventsOf(hub)).toEqual([])
  expect(blobsOf(hub)).toEqual([])
  expect(await hub.call('artifact_list', { task })).toEqual({ items: [] })
  expect(await hub.call('audit_verify')).toMatchObject({
    intact: true,
    rows: 4,
    checkpoint: { seq: rows, dropped: rows },
  })
  const { items } = await hub.call<{ items: AuditItem[] }>('audit_list')
  expect(items.map(({ tool }) => tool).sort()).toEqual(
    ['artifact_remove', 'audit_checkpoint', 'event_remove', 'log_remove'].sort(),
  )
  expect(items.find(({ tool }) => tool === 'log_remove')).toMatchObject({ subject: task })
  await hub.hub.stop()
  const again = await startHub({ data })
  await submit(again)
  expect(await again.call('audit_verify')).toMatchObject({ intact: true, rows: 5 })
  expect(await again.call('task_read', { task })).toMatchObject({ task: { state: 'succeeded' } })
})

test('the log of a finished task ends with a line that says what became of it, for every reader', async () => {
  const hub = await startHub()
  const task = await finished(hub)
  await round(hub, 200)
  const page = await hub.call<{ items: LogChunk[]; next: number; more: boolean }>('task_log', {
    task,
  })
  expect(page).toMatchObject({ next: 1, more: false })
  expect(page.items.map(({ data, stream }) => [stream, data])).toEqual([
    ['agent', '6 bytes of output were removed because of their age.\n'],
  ])
  expect(await round(hub, 200)).toMatchObject({ logBytes: 0 })
})

test('nothing of a task that is not final is removed, nor what happened since it was submitted', async () => {
  const hub = await startHub()
  await finished(hub)
  const before = await hub.call<{ rows: number }>('audit_verify')
  const { id } = await submit(hub)
  const later = await finished(hub, 'later')
  await round(hub, 5000)
  const verdict = await hub.call<{ intact: boolean; checkpoint: { seq: number } }>('audit_verify')
  expect(verdict).toMatchObject({ intact: true, checkpoint: { seq: before.rows } })
  const kept = (await eventsOf(hub)).map(({ subject }) => subject)
  expect(kept).toContain(id)
  expect(kept).toContain(later)
  expect(await hub.call('task_read', { task: id })).toMatchObject({ task: { state: 'queued' } })
})

test('an open change holds back what happened since it was opened', async () => {
  const hub = await startHub()
  await openChange(hub, await makeRepo())
  const { rows } = await hub.call<{ rows: number }>('audit_verify')
  await followersAreDone(hub)
  await round(hub, 5000)
  const verdict = await hub.call<{ checkpoint?: { seq: number } }>('audit_verify')
  expect(verdict.checkpoint?.seq ?? 0).toBeLessThan(rows)
  expect((await eventsOf(hub)).map(({ kind }) => kind)).toContain('change.opened')
})

test('events that a follower has not read are kept', async () => {
  const hub = await startHub()
  await finished(hub)
  await hub.hub.store.transaction((tx) => tx.insert('cursors', { name: 'slow', seq: 2 }))
  await round(hub, 5000)
  expect((await eventsOf(hub))[0]?.seq).toBe(3)
})

test('a store that is too large keeps less, and one day at least', async () => {
  const hub = await startHub()
  await finished(hub)
  const { rows } = await hub.call<{ rows: number }>('audit_verify')
  const data = JSON.stringify({ text: 'x'.repeat(20_000) })
  await hub.hub.store.transaction(async (tx) => {
    for (let count = 0; count < 100; count++)
      await tx.insert('events', { at: tx.now, org: 'default', kind: 'k', subject: 's', data })
    tx.wake('events')
  })
  await followersAreDone(hub)
  const limits = { auditDays: 1000, eventDays: 1000, logDays: 0, artifactDays: 0 }
  expect(await round(hub, 40, { ...limits, maxStoreMb: 0 })).toMatchObject({ audit: 0, events: 0 })
  expect(await round(hub, 0.5, { ...limits, maxStoreMb: 1 })).toMatchObject({ audit: 0, events: 0 })
  const removed = await round(hub, 40, { ...limits, maxStoreMb: 1 })
  expect(removed).toMatchObject({ audit: rows, logBytes: 0, artifacts: 0 })
  expect(removed.events).toBeGreaterThan(100)
  expect(hub.hub.store.usedBytes()).toBeLessThan(1024 * 1024)
  expect(await hub.call('audit_verify')).toMatchObject({ intact: true })
})

test('rows that are deleted behind the back of the hub are missed, checkpoint or not', async () => {
  const hub = await startHub()
  for (let count = 0; count < 5; count++) await submit(hub)
  const { store } = hub.hub
  await expect(
    store.transaction((tx) => tx.run('DELETE FROM audit WHERE seq = 1')),
  ).rejects.toThrow(/append-only/)
  await store.transaction(async (tx) => {
    const hash = Buffer.alloc(32)
    await tx.insert('audit_checkpoints', { seq: 2, hash, dropped: 2, recorded_seq: 4 })
    await tx.run('DELETE FROM audit WHERE seq <= 2')
  })
  expect(await hub.call('audit_verify')).toMatchObject({ intact: false })
})

test('bytes that no artifact has are removed once no row can still come for them', async () => {
  const hub = await startHub()
  const { dataDir, store } = hub.hub
  const name = `ab${'0'.repeat(62)}`
  const file = join(dataDir, 'artifacts', 'ab', name)
  mkdirSync(join(dataDir, 'artifacts', 'ab'), { recursive: true })
  writeFileSync(file, 'x')
  const removal = { store, signal: new AbortController().signal }
  await removeUnusedBlobs(removal, dataDir, 0xab)
  expect(existsSync(file)).toBe(true)
  utimesSync(file, 1, 1)
  await removeUnusedBlobs(removal, dataDir, 0xab)
  expect(existsSync(file)).toBe(false)
})

test('new work is refused while the disk is nearly full, and what runs goes on', async () => {
  const data = makeFolder()
  const hub = await startHub({ data })
  const { id: task } = await submit(hub)
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', { agent: 'worker', task })
  await hub.hub.stop()
  const kept = { disk: { keepFreeMb: 1e12, keepFreePercent: 100 } }
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify(kept))
  const full = await startHub({ data })
  const agent = full.client.withToken(lease.token)
  const { fence } = lease
  const refused = async (client: HubClient, tool: string, args: object) =>
    expect(await failure(client.call(tool, { ...args })), tool).toMatchObject({
      code: 'exhausted',
      hint: expect.stringMatching(/Free some space/) as string,
    })
  await refused(full.client, 'task_submit', { template: 'command', command: 'true' })
  await refused(full.client, 'pod_run', { command: ['true'] })
  await refused(full.client, 'context_ingest', { kind: 'text', uri: 'a', name: 'a' })
  await refused(agent, 'artifact_create', { task, fence, name: 'a', data: 'a' })
  const chunks = [{ stream: 'out', at: 1, data: 'still here\n' }]
  await agent.call('task_log_append', { task, fence, position: 0, chunks })
  await agent.call('task_report', { task, fence, outcome: 'succeeded', result: { summary: 'ok' } })
  expect(await full.call('task_read', { task })).toMatchObject({ task: { state: 'succeeded' } })
  const ready = (await (await fetch(`${full.url}/ready`)).json()) as object
  expect(ready).toMatchObject({ ready: true, disk: 'low' })
})
