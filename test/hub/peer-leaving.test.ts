import { expect, test } from 'vitest'
import type { Granted } from '../../agent/lease.ts'
import type { Attempt, Task } from '../../schemas/task.ts'
import type { TestHub } from '../helpers/hub.ts'
import { until } from '../helpers/hub.ts'
import { startPair } from '../helpers/peer-pair.ts'

type Read = { task: Task; attempts: Attempt[] }
type Left = { tasks: { task: string; there?: string; became: string }[]; note?: string }

const read = (hub: TestHub, task: string) => hub.call<Read>('task_read', { task })
const tasksOf = async (hub: TestHub) => (await hub.call<{ items: Task[] }>('task_list')).items
const submit = (hub: TestHub, command: string) =>
  hub.call<Task>('task_submit', {
    ...{ template: 'command', command, requirements: { hub: 'bob', fallback: false } },
  })

/** A task of ada that runs on bob. */
async function begin(ada: TestHub, bob: TestHub): Promise<{ task: string; there: string }> {
  const { id: task } = await submit(ada, 'sleep 300')
  await until(async () => (await tasksOf(bob))[0]?.state === 'running')
  await until(async () => (await read(ada, task)).task.state === 'running')
  return { task, there: (await tasksOf(bob))[0]?.id ?? '' }
}

test('a peer that is removed is told to stop what it was given, which is queued here at no cost', async () => {
  const { ada, bob } = await startPair()
  const { task, there } = await begin(ada, bob)
  const left = await ada.call<Left>('peer_remove', { name: 'bob' })
  expect(left).toEqual({ name: 'bob', tasks: [{ task, there, became: 'canceled' }], more: 0 })
  expect((await read(bob, there)).task).toMatchObject({
    state: 'canceled',
    failure: { message: 'the hub that gave it ended the peering' },
  })
  const here = await read(ada, task)
  expect(here.task.state).toBe('queued')
  expect(here.attempts).toMatchObject([
    { state: 'evicted', failure: { message: 'the peer bob was removed' } },
  ])
  await until(async () =>
    /no peer bob is known/.test((await read(ada, task)).task.pendingReason ?? ''),
  )
})

test('a peer that is out of reach is removed all the same, and what may still run there is named', async () => {
  const { ada, bob } = await startPair()
  const { task, there } = await begin(ada, bob)
  await bob.hub.stop()
  const left = await ada.call<Left>('peer_remove', { name: 'bob' })
  expect(left.tasks).toMatchObject([{ task, there, became: 'unknown' }])
  expect(left.note).toBe(
    `may still run on bob, which was not told to stop: ${there}. Its owner ends them with task_cancel.`,
  )
  expect(await ada.call('peer_list')).toEqual({ items: [] })
  expect((await read(ada, task)).task.state).toBe('queued')
})

test('what a removed peer had proposed stays there, and fails here with the reason', async () => {
  const { ada, bob } = await startPair('developer', 'off')
  const { id: task } = await submit(ada, 'true')
  let lease: Granted | undefined
  await until(async () => {
    lease = (await bob.call<{ lease?: Granted }>('task_claim', { agent: 'worker-bea' })).lease
    return lease !== undefined
  })
  const { fence, token, task: there } = lease!
  const worker = bob.client.withToken(token)
  await worker.call('task_heartbeat', { task: there.id, fence })
  const result = { summary: 'a change', change: 'change-7' }
  await worker.call('task_report', { task: there.id, fence, outcome: 'proposed', result })
  await until(async () => (await read(ada, task)).task.state === 'in_review')
  expect(await ada.call<Left>('peer_remove', { name: 'bob' })).toMatchObject({
    tasks: [{ task, there: there.id, became: 'proposed' }],
  })
  expect((await read(ada, task)).task).toMatchObject({
    state: 'failed',
    failure: {
      code: 'peer_removed',
      message: expect.stringContaining('the peer bob was removed') as string,
    },
  })
  expect((await read(bob, there.id)).task.state).toBe('in_review')
})
