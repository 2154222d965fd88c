import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { Change, ChangeComment } from '../../../schemas/change.ts'
import type { Workspace } from '../../../schemas/repo.ts'
import type { Task } from '../../../schemas/task.ts'
import type { Trigger, TriggerRun } from '../../../schemas/trigger.ts'
import { openChange } from '../../helpers/changes.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { ProcessHub } from '../../helpers/process-hub.ts'
import { commitAll, makeRepo } from '../../helpers/repo.ts'
import {
  command,
  create,
  finish,
  hourly,
  read,
  succeeded,
  untilRuns,
} from '../../helpers/triggers.ts'

test('each revision of a change is checked at its commit, and the change hears of the result', async () => {
  const hub = await startHub()
  const repo = await makeRepo()
  const on = { kind: 'change', target: 'ma*' }
  const { id } = await create(hub, {
    on,
    submit: { template: 'ci', repo },
    title: 'Checks',
    overlap: 'queue',
  })
  const other = await create(hub, {
    on: { ...on, target: 'release/*' },
    submit: { template: 'ci', repo },
  })
  const change = await openChange(hub, repo)
  const [first] = await untilRuns(hub, id, 1)
  expect(first).toMatchObject({ occasion: `change:${change.id}:1`, change: change.id })
  const { task } = await hub.call<{ task: Task }>('task_read', { task: first!.task! })
  expect(task).toMatchObject({ template: 'ci', params: { ref: change.head } })
  await finish(hub, task.id, succeeded)
  const comments = async () =>
    (await hub.call<{ comments: ChangeComment[] }>('change_read', { change: change.id })).comments
  await until(async () => (await comments()).length > 0)
  expect(await comments()).toMatchObject([
    { body: expect.stringMatching(/^Checks: succeeded. all 12 checks passed/) as string },
  ])
  const space = await hub.call<Workspace>('branch_create', { repo, task: 'task-one' })
  writeFileSync(join(space.path, 'src/more.js'), '// more\n')
  await hub.call('commit_create', { task: 'task-one', message: 'More' })
  const revised = await hub.call<Change>('change_open', { task: 'task-one', title: 'More' })
  const [second] = await untilRuns(hub, id, 2)
  const again = await hub.call<{ task: Task }>('task_read', { task: second!.task! })
  expect(again.task.params).toMatchObject({ ref: revised.head })
  expect((await read(hub, other.id)).runs).toEqual([])
})

test('a branch that moves fires once for each place it is seen at', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ clock })
  const repo = await makeRepo()
  const on = { kind: 'push', branch: 'main' }
  const submit = { template: 'ci', repo }
  expect(await failure(create(hub, { on, submit }))).toMatchObject({ code: 'not_found' })
  await hub.call('branch_create', { repo, task: 'task-one' }) // Makes it known.
  const { id } = await create(hub, { on, submit })
  const seen = () =>
    hub.hub.store.reader.get<{ seen: string }>('SELECT seen FROM triggers WHERE id = :id', { id })
  await until(async () => {
    await clock.advance(15_000)
    return ((await seen())?.seen ?? null) !== null
  })
  expect((await read(hub, id)).runs).toEqual([])
  const head = await commitAll(repo, 'second')
  await until(async () => {
    await clock.advance(15_000)
    return (await read(hub, id)).runs.length > 0
  })
  await clock.advance(60_000)
  const [run] = await untilRuns(hub, id, 1)
  const made = await hub.call<{ task: Task }>('task_read', { task: run!.task! })
  expect(made.task.params).toMatchObject({ ref: head })
})

test('under kill -9 each occasion has one run and one task', async () => {
  const data = makeFolder('hub')
  const hub = new ProcessHub(data, [
    '--dispatch',
    'off',
    '--isolation',
    'none',
    '--rate-limit',
    '0',
  ])
  onTestFinished(() => hub.kill())
  writeFileSync(join(data, 'switchyard.json'), JSON.stringify({ allowUnisolated: true }))
  await hub.start()
  const count = 25
  const asked = { on: hourly, title: 'a trigger', submit: command, max_concurrent: 20 }
  for (let n = 0; n < count; n++) await hub.client().call('trigger_create', asked)
  await hub.kill()
  for (let round = 0; round < 4; round++) {
    // An hour later, all are due at once, and the hub is killed while it fires them.
    const db = new Database(join(data, 'switchyard.db'))
    const dueAt = Date.UTC(2026, 0, 1, round)
    db.prepare('UPDATE triggers SET next_at = ?').run(dueAt)
    db.close()
    for (let kill = 0; kill < 3; kill++) {
      await hub.start()
      await new Promise((resolve) => setTimeout(resolve, 15 * kill + 10 * round)) // Somewhere in its work.
      await hub.kill()
    }
  }
  await hub.start()
  const client = hub.client()
  const { items } = await client.call<{ items: Trigger[] }>('trigger_list', { limit: 100 })
  expect(items).toHaveLength(count)
  const tasks = new Map<string, string>()
  for (const { id } of items) {
    let runs: TriggerRun[] = []
    await until(async () => {
      ;({ runs } = await client.call<{ runs: TriggerRun[] }>('trigger_read', { trigger: id }))
      return runs.length > 0 && runs.every(({ state }) => state === 'submitted')
    })
    for (const { task, occasion } of runs) tasks.set(task!, `${id} ${occasion}`)
    expect(new Set(runs.map(({ task }) => task)).size).toBe(runs.length)
  }
  let [made, cursor]: [number, string | undefined] = [0, undefined]
  do {
    const page: { items: Task[]; next?: string } = await client.call('task_list', {
      limit: 200,
      ...(cursor ? { cursor } : {}),
    })
    for (const task of page.items) expect(tasks.has(task.id)).toBe(true)
    made += page.items.length
    cursor = page.next
  } while (cursor)
  expect(made).toBe(tasks.size)
  expect(made).toBeGreaterThanOrEqual(count)
})
