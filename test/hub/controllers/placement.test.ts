import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PlacementCandidate } from '../../../schemas/cluster.ts'
import type { Event } from '../../../schemas/event.ts'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub, until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

type Candidates = { candidates: PlacementCandidate[] }

const submit = (hub: TestHub, more: Record<string, unknown> = {}) =>
  hub.call<Task>('task_submit', { template: 'command', command: 'true', ...more })
const read = async (hub: TestHub, task: string) =>
  (await hub.call<{ task: Task }>('task_read', { task })).task
const explain = async (hub: TestHub, args: Record<string, unknown>) =>
  (await hub.call<Candidates>('placement_explain', args)).candidates
const reasons = (candidates: PlacementCandidate[]) =>
  candidates.map(({ kind, fits, reasons: why }) => `${kind} ${fits}: ${why.join('; ')}`)

test('a task that nobody can take says why, of each who could be asked, until somebody can', async () => {
  const hub = await startHub({ dispatch: 'local' })
  await hub.call('task_claim', { agent: 'worker-ann', tags: ['tpu'], wait_ms: 1000 })
  const needs = { requirements: { tags: ['gpu-x'] } }
  const ids = await Promise.all([1, 2, 3].map(async () => (await submit(hub, needs)).id))
  for (const id of ids)
    await until(async () => {
      const { pendingReason = '' } = await read(hub, id)
      return /^nobody can take it: node local\/\S+: tags gpu-x are missing · agent worker-ann: tags gpu-x are missing$/.test(
        pendingReason,
      )
    })
  const [first = ''] = ids
  expect(reasons(await explain(hub, { task: first })).sort()).toEqual([
    'agent false: tags gpu-x are missing',
    'node false: tags gpu-x are missing',
  ])
  // Others do not wait behind them.
  const other = await submit(hub)
  await until(async () => (await read(hub, other.id)).state === 'succeeded')
  writeFileSync(
    join(hub.hub.dataDir, 'switchyard.json'),
    JSON.stringify({ allowUnisolated: true, tags: ['gpu-x'] }),
  )
  for (const id of ids) await until(async () => (await read(hub, id)).state === 'succeeded')
  expect((await read(hub, first)).pendingReason).toBeUndefined()
})

test('an agent that is named and away is waited for, and then others may take it, which is on record', async () => {
  const clock = new ManualClock()
  const hub = await startHub({ dispatch: 'local', clock })
  const named = { requirements: { agent: 'worker-ann' } }
  const patient = await submit(hub, { requirements: { agent: 'worker-ann', fallback: false } })
  const { id: task } = await submit(hub, named)
  expect(reasons(await explain(hub, { task }))).toEqual([
    'agent false: no agent worker-ann has worked for default yet',
    'node false: the task is for the agent worker-ann',
  ])
  const advance = async (holds: () => Promise<boolean>) =>
    until(async () => {
      await clock.advance(500)
      return holds()
    })
  const startedAt = clock.now()
  await advance(async () => (await read(hub, task)).state !== 'queued')
  expect(clock.now() - startedAt).toBeGreaterThanOrEqual(30_000)
  const { items } = await hub.call<{ items: Event[] }>('event_list', { after: 0, task })
  expect(items.find(({ kind }) => kind === 'task.freed')?.data).toEqual({
    reason: 'no agent worker-ann has worked for default yet, so others than worker-ann may take it',
  })
  await advance(async () => (await read(hub, patient.id)).pendingReason !== undefined)
  expect(await read(hub, patient.id)).toMatchObject({
    state: 'queued',
    pendingReason: 'it waits for worker-ann alone: no agent worker-ann has worked for default yet',
  })
})

test('an idle agent that is named gets the task, and a busy one is waited for', async () => {
  const hub = await startHub({ dispatch: 'local' })
  await hub.call('task_claim', { agent: 'worker-ann', wait_ms: 1000 })
  const { id: task } = await submit(hub, { requirements: { agent: 'worker-ann' } })
  expect(reasons(await explain(hub, { task })).sort()).toEqual([
    'agent true: it is idle and claims by itself',
    'node false: the task is for the agent worker-ann',
  ])
  await hub.call('task_claim', { agent: 'worker-ann' })
  const { id: next } = await submit(hub, { requirements: { agent: 'worker-ann' } })
  expect(reasons(await explain(hub, { task: next })).sort()).toEqual([
    'agent false: it works on another task',
    'node false: the task is for the agent worker-ann',
  ])
})

test('who may not see a task learns nothing of its placement', async () => {
  const hub = await startHub()
  const { id: task } = await submit(hub, { org: 'acme' })
  const vera = await hub.as('vera', 'viewer')
  expect(await failure(vera.call('placement_explain', { task }))).toMatchObject({
    code: 'not_found',
  })
  expect(await explain(hub, { task })).toHaveLength(1)
  expect(await failure(hub.call('placement_explain', { task: 'task-none' }))).toMatchObject({
    code: 'not_found',
  })
})

test('a cluster that is named and not registered is away', async () => {
  const hub = await startHub()
  const [there, here] = await explain(hub, { requirements: { cluster: 'moon' } })
  expect(here).toMatchObject({ fits: false, passes: false })
  expect(there).toMatchObject({ name: 'moon', away: 'no cluster moon is registered' })
  expect(reasons(await explain(hub, { requirements: { runner: 'nobody' } }))).toEqual([
    'node false: runner nobody is asked for, offered: loop',
  ])
})
