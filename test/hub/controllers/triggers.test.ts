import { expect, test } from 'vitest'
import type { Task } from '../../../schemas/task.ts'
import type { Trigger, TriggerRun } from '../../../schemas/trigger.ts'
import { readSubmitter } from '../../../servers/kit/store/submitters.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import {
  command,
  create,
  finish,
  hourly,
  read,
  succeeded,
  untilRuns,
} from '../../helpers/triggers.ts'

const noon = Date.UTC(2026, 5, 1, 12)
const hourMs = 3_600_000
const failed = { outcome: 'failed', failure: { code: 'no', message: 'it did not work' } }

test('a schedule submits its task when its time comes, and says what for', async () => {
  const clock = new ManualClock(noon - 60_000)
  const hub = await startHub({ clock })
  const { id, nextAt } = await create(hub, { on: hourly, title: 'Nightly checks' })
  expect(nextAt).toBe(noon)
  await clock.advance(59_000)
  expect((await read(hub, id)).runs).toEqual([])
  await clock.advance(1000)
  const [run] = await untilRuns(hub, id, 1, clock)
  expect(run).toMatchObject({ occasion: 'at:2026-06-01T12:00:00.000Z', state: 'submitted' })
  const { task } = await hub.call<{ task: Task }>('task_read', { task: run!.task! })
  expect(task).toMatchObject({
    title: 'Nightly checks',
    submittedBy: 'owner',
    provenance: { via: 'trigger', id, reason: expect.stringContaining(id) as string },
  })
  expect((await read(hub, id)).trigger.nextAt).toBe(noon + hourMs)
  await finish(hub, task.id, succeeded)
  await until(async () => (await read(hub, id)).runs[0]?.state === 'succeeded')
})

test.each([
  ['skip', ['skipped', 'submitted']],
  ['queue', ['waiting', 'submitted']],
] as const)('while its task goes on, the next occasion does: %s', async (overlap, states) => {
  const clock = new ManualClock(noon - 1000)
  const hub = await startHub({ clock })
  const { id } = await create(hub, { on: hourly, overlap })
  await clock.advance(1000)
  await untilRuns(hub, id, 1, clock)
  await clock.jump(hourMs)
  const runs = await untilRuns(hub, id, 2, clock)
  expect(runs.map(({ state }) => state)).toEqual(states)
  expect(runs[0]!.reason).toMatch(/1 of its tasks goes on/)
  await finish(hub, runs[1]!.task!, succeeded)
  await until(async () => (await read(hub, id)).runs[1]?.state === 'succeeded')
  const [last] = await untilRuns(hub, id, 2, clock)
  expect(last!.state).toBe(overlap === 'queue' ? 'submitted' : 'skipped')
})

test('what was missed while the hub was down runs once, or not, as the trigger says', async () => {
  const clock = new ManualClock(noon + 1000)
  const data = makeFolder('hub')
  const before = await startHub({ clock, data })
  const one = await create(before, { on: hourly })
  const none = await create(before, { on: { ...hourly, catchUp: 'none' } })
  await before.hub.stop()
  await clock.jump(5 * hourMs)
  const after = await startHub({ clock, data })
  const [run] = await untilRuns(after, one.id, 1)
  expect(run!.reason).toMatch(/due at 2026-06-01T13:00.*while the hub was down/)
  const nextAt = noon + 6 * hourMs
  await until(async () => (await read(after, none.id)).trigger.nextAt === nextAt)
  expect((await read(after, none.id)).runs).toEqual([])
  expect((await read(after, one.id)).trigger.nextAt).toBe(nextAt)
})

test('a trigger whose tasks only fail is disabled, says why, and can be enabled again', async () => {
  const hub = await startHub()
  const { id } = await create(hub, { on: { kind: 'manual' }, max_failures: 2 })
  for (const key of ['one', 'two']) {
    const run = await hub.call<TriggerRun>('trigger_run', { trigger: id, idempotency_key: key })
    await finish(hub, run.task!, failed)
    await until(async () => (await read(hub, id)).runs[0]?.state === 'failed')
  }
  expect((await read(hub, id)).trigger).toMatchObject({
    enabled: false,
    failures: 2,
    disabledReason: expect.stringMatching(/last 2 tasks failed/) as string,
  })
  expect(await hub.call('trigger_update', { trigger: id, enabled: true })).toMatchObject({
    enabled: true,
    failures: 0,
  })
  const again = { trigger: id, idempotency_key: 'one' }
  expect(await hub.call('trigger_run', again)).toMatchObject({ state: 'failed' })
  expect(await hub.call('trigger_delete', { trigger: id })).toEqual({ deleted: id })
  expect(await failure(read(hub, id))).toMatchObject({ code: 'not_found' })
})

test('a trigger acts on the authority of who made it, and dies with that credential', async () => {
  const clock = new ManualClock(noon - 1000)
  const hub = await startHub({ clock })
  const { id: token, token: secret } = await hub.call<{ id: string; token: string }>(
    'token_create',
    { name: 'dora', role: 'developer', orgs: ['default'] },
  )
  const dora = hub.client.withToken(secret)
  const asked = { title: 'of dora', on: hourly, submit: command }
  const { id } = await dora.call<Trigger>('trigger_create', asked)
  await clock.advance(1000)
  const [run] = await untilRuns(hub, id, 1, clock)
  const { task } = await hub.call<{ task: Task }>('task_read', { task: run!.task! })
  expect(task.submittedBy).toBe('dora')
  await finish(hub, task.id, succeeded)
  await until(async () => (await read(hub, id)).runs[0]?.state === 'succeeded')
  await hub.call('token_revoke', { id: token })
  await clock.jump(hourMs)
  await until(async () => {
    await clock.advance(100)
    return !(await read(hub, id)).trigger.enabled
  })
  const { trigger, runs } = await read(hub, id)
  expect(trigger.disabledReason).toMatch(/dora, who made it, has no credential/)
  expect(runs).toMatchObject([{ state: 'failed' }, { state: 'succeeded' }])
})

test('who changes an own trigger has it act with the authority of now, not of then', async () => {
  const hub = await startHub()
  const mint = (role: string) =>
    hub.call<{ id: string; token: string }>('token_create', {
      ...{ name: 'dora', role, orgs: ['default'] },
    })
  const then = await mint('owner')
  const asked = { title: 'of dora', on: { kind: 'manual' }, submit: command }
  const { id } = await hub.client.withToken(then.token).call<Trigger>('trigger_create', asked)
  await hub.call('token_revoke', { id: then.id })
  const developer = hub.client.withToken((await mint('developer')).token)
  const submit = { ...command, command: 'id' }
  await developer.call('trigger_update', { trigger: id, submit })
  const run = await developer.call<TriggerRun>('trigger_run', { trigger: id })
  const submitter = await readSubmitter(hub.hub.store.reader, run.task ?? '')
  expect(submitter).toMatchObject({ id: 'dora', roles: ['developer'] })
})

test('who may see, run and change a trigger', async () => {
  const hub = await startHub()
  const { id } = await create(hub, { on: { kind: 'manual' } })
  const dora = await hub.as('dora', 'developer')
  expect(await dora.call('trigger_list')).toMatchObject({ items: [{ id }] })
  for (const tool of ['trigger_run', 'trigger_delete', 'trigger_update'])
    expect(await failure(dora.call(tool, { trigger: id })), tool).toMatchObject({
      code: 'denied',
      message: expect.stringMatching(/authority of owner/) as string,
    })
  const otto = await hub.as('otto', 'developer', ['other'])
  expect(await otto.call('trigger_list')).toEqual({ items: [] })
  expect(await failure(otto.call('trigger_read', { trigger: id }))).toMatchObject({
    code: 'not_found',
  })
  const bad = { title: 'x', on: { ...hourly, cron: '61 * * * *' }, submit: command }
  expect(await failure(dora.call('trigger_create', bad))).toMatchObject({
    code: 'invalid',
    message: expect.stringMatching(/61 \* \* \* \*/) as string,
  })
  const nowhere = { ...bad, on: { ...hourly, timeZone: 'Mars/Base' } }
  expect(await failure(dora.call('trigger_create', nowhere))).toMatchObject({
    message: expect.stringMatching(/Europe\/Berlin/) as string,
  })
})
