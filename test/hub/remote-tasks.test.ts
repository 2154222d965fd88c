import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Artifact } from '../../schemas/artifact.ts'
import type { PlacementCandidate } from '../../schemas/cluster.ts'
import type { Event } from '../../schemas/event.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Task } from '../../schemas/task.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub, until } from '../helpers/hub.ts'
import { quiet, startPair } from '../helpers/peer-pair.ts'

type Candidates = { candidates: PlacementCandidate[] }

const submit = (hub: TestHub, command: string, more: Record<string, unknown> = {}) =>
  hub.call<Task>('task_submit', { template: 'command', command, ...more })
const read = async (hub: TestHub, task: string) =>
  (await hub.call<{ task: Task }>('task_read', { task })).task
const settled = (hub: TestHub, task: string) =>
  until(async () => (await hub.call<{ settled: boolean }>('task_wait', { task })).settled)
const logOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ items: LogChunk[] }>('task_log', { task, max_bytes: 1_000_000 })).items
const textOf = (chunks: LogChunk[]) => chunks.map(({ data }) => data).join('')
const tasksOf = async (hub: TestHub) => (await hub.call<{ items: Task[] }>('task_list')).items
const onBob = { requirements: { hub: 'bob' } }

test('a task for a peer runs there, and its log and result are seen here', async () => {
  const { ada, bob } = await startPair()
  const { id: task } = await submit(ada, 'echo one; echo two >&2; exit 0', onBob)
  await settled(ada, task)
  const here = await read(ada, task)
  const [there] = await tasksOf(bob)
  expect(here).toMatchObject({ state: 'succeeded', result: { exitCode: 0 } })
  expect(there).toMatchObject({
    state: 'succeeded',
    submittedBy: 'hub:ada',
    provenance: { via: 'peer' },
  })
  const [own, ...copied] = await logOf(ada, task)
  expect(own?.data).toBe(`carried out by the hub bob as ${there?.id}\n`)
  expect(textOf(copied)).toBe(textOf(await logOf(bob, there?.id ?? '')))
  expect(textOf(copied)).toContain('two')
  expect(await ada.call('pod_list', { ended: true })).toEqual({ items: [] })
})

test('a failure there is a failure here, and a retry is submitted anew', async () => {
  const { ada, bob } = await startPair()
  const { id: task } = await submit(ada, 'exit 3', { ...onBob, max_attempts: 2 })
  await settled(ada, task)
  expect(await read(ada, task)).toMatchObject({
    state: 'failed',
    attempts: 2,
    failure: { code: 'exit', message: expect.stringContaining('on bob: exit code 3') as string },
  })
  expect(await tasksOf(bob)).toHaveLength(2)
  const { id: again } = await ada.call<Task>('task_retry', { task })
  await settled(ada, again)
  expect(await tasksOf(bob)).toHaveLength(4)
})

test('cancel here cancels there, and a message reaches the task there', async () => {
  const { ada, bob } = await startPair()
  const { id: task } = await submit(ada, 'echo begun; sleep 300', onBob)
  await until(async () => textOf(await logOf(ada, task)).includes('begun'))
  await ada.call('task_message', { task, body: 'hurry up' })
  const [there] = await tasksOf(bob)
  const told = async () =>
    (
      await bob.call<{ items: Event[] }>('event_list', { after: 0, task: there?.id, limit: 100 })
    ).items.filter(({ kind }) => kind === 'task.message')
  await until(async () => (await told()).length > 0)
  await ada.call('task_cancel', { task, reason: 'nobody needs it' })
  await until(async () => (await read(bob, there?.id ?? '')).state === 'canceled')
  expect((await read(bob, there?.id ?? '')).failure?.message).toMatch(/: nobody needs it$/)
  expect(await told()).toHaveLength(1)
})

test('a restart of this hub loses nothing and doubles nothing', async () => {
  const { ada, bob } = await startPair()
  const command = 'for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.5; done'
  const { id: task } = await submit(ada, command, onBob)
  await until(async () => textOf(await logOf(ada, task)).includes('line 2'))
  await ada.hub.stop()
  const again = await startHub({ ...quiet, data: ada.hub.dataDir })
  await settled(again, task)
  const [there, ...others] = await tasksOf(bob)
  expect(others).toEqual([])
  expect(await read(again, task)).toMatchObject({ state: 'succeeded', attempts: 1 })
  const copied = (await logOf(again, task)).slice(1)
  expect(textOf(copied)).toBe(textOf(await logOf(bob, there?.id ?? '')))
})

test('a peer that only lets look is no candidate, and says what to do', async () => {
  const { ada } = await startPair('viewer')
  const { id: task } = await submit(ada, 'true', onBob)
  const reason = /the hub bob grants no task_submit: its owner invites this one as developer/
  await until(async () => reason.test((await read(ada, task)).pendingReason ?? ''))
  const { candidates } = await ada.call<Candidates>('placement_explain', { task })
  expect(candidates.map(({ kind, fits }) => [kind, fits])).toEqual([
    ['node', false],
    ['peer', false],
  ])
  expect(candidates.at(0)?.reasons.join()).toContain('the task is for the hub bob')
})

test.each([
  ['the hub', { placement: { spillToPeers: true } }],
  ['its org', { orgs: { default: { spillToPeers: true } } }],
])(
  'what there is no room for here goes to a peer that has room where %s says so',
  async (_who, config) => {
    const { ada, bob } = await startPair('developer', 'local', config)
    const tags = ['os:linux', 'lab']
    await bob.hub.stop()
    writeFileSync(join(bob.hub.dataDir, 'switchyard.json'), JSON.stringify({ tags: ['lab'] }))
    const port = Number(new URL(bob.url).port)
    const again = await startHub({ ...quiet, data: bob.hub.dataDir, port })
    const { id: task } = await submit(ada, 'echo done', { requirements: { tags } })
    await settled(ada, task)
    expect(await read(ada, task)).toMatchObject({ state: 'succeeded' })
    expect(await tasksOf(again)).toHaveLength(1)
  },
)

test('what there is no room for stays here unless that was asked for, and says so', async () => {
  const { ada, bob } = await startPair()
  const { id: task } = await submit(ada, 'true', { resources: { cpus: 500 } })
  const reason = /peer bob: work stays here unless a task names a peer/
  await until(async () => reason.test((await read(ada, task)).pendingReason ?? ''))
  expect(await tasksOf(bob)).toEqual([])
})

/** Somebody works on the task there by hand, up to what is reported. */
async function workOn(bob: TestHub, report: Record<string, unknown>): Promise<Task> {
  let lease: Granted | undefined
  await until(async () => {
    const claimed = await bob.call<{ lease?: Granted }>('task_claim', { agent: 'worker-bea' })
    lease = claimed.lease
    return lease !== undefined
  })
  const { task, fence, token } = lease!
  const worker = bob.client.withToken(token)
  await worker.call('task_heartbeat', { task: task.id, fence })
  await worker.call('artifact_create', {
    ...{ task: task.id, fence, name: 'report.txt', media_type: 'text/plain', data: 'all is well' },
  })
  await worker.call('task_report', { task: task.id, fence, ...report })
  return task
}

const proposed = { outcome: 'proposed', result: { summary: 'a change', change: 'change-7' } }

test('what is proposed there is in review here, goes back there when it is retried, and ends with it', async () => {
  const { ada, bob } = await startPair('developer', 'off')
  const { id: task } = await submit(ada, 'true', onBob)
  const there = await workOn(bob, proposed)
  await until(async () => (await read(ada, task)).state === 'in_review')
  expect((await read(ada, task)).result).toEqual({ summary: 'a change', change: 'bob: change-7' })
  const { items } = await ada.call<{ items: Artifact[] }>('artifact_list', { task })
  expect(items.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([['report.txt', 11]])
  await ada.call('task_retry', { task, message: 'shorter, please' })
  const again = await workOn(bob, proposed)
  expect(again).toMatchObject({ id: there.id, attempts: 2 })
  await until(async () => (await read(ada, task)).state === 'in_review')
  expect((await read(ada, task)).attempts).toBe(2)
  await bob.call('task_cancel', { task: there.id, reason: 'not wanted' })
  await until(async () => (await read(ada, task)).state === 'canceled')
  expect(await tasksOf(bob)).toHaveLength(1)
})

test('a task of an org that the peer did not grant is no work for it', async () => {
  const { ada, bob } = await startPair()
  const { id: task } = await submit(ada, 'true', { ...onBob, org: 'acme' })
  const reason = /peer bob: bob: hub:ada does not belong to the org acme/
  await until(async () => reason.test((await read(ada, task)).pendingReason ?? ''))
  expect(await tasksOf(bob)).toEqual([])
})

test('a question that is asked there is seen in the log here', async () => {
  const { ada, bob } = await startPair('developer', 'off')
  const { id: task } = await submit(ada, 'true', onBob)
  let lease: Granted | undefined
  await until(async () => {
    const claimed = await bob.call<{ lease?: Granted }>('task_claim', { agent: 'worker-bea' })
    lease = claimed.lease
    return lease !== undefined
  })
  const { task: there, fence, token } = lease!
  const worker = bob.client.withToken(token)
  await worker.call('task_heartbeat', { task: there.id, fence })
  await worker.call('approval_request', { task: there.id, fence, question: 'May I?' })
  await until(async () =>
    /waits on bob for an answer to approval-\S+: May I\?/.test(textOf(await logOf(ada, task))),
  )
})
