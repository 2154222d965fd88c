import { expect, onTestFinished, test } from 'vitest'
import type { HubClient } from '../../agent/hub-client.ts'
import type { Pod } from '../../schemas/cluster.ts'
import type { Event } from '../../schemas/event.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Peer } from '../../schemas/peer.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import type { TestHub } from '../helpers/hub.ts'
import { startHub, until } from '../helpers/hub.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { ProcessHub } from '../helpers/process-hub.ts'

type Pair = {
  clock: ManualClock
  ada: TestHub
  bob: HubClient
  /** Kills bob as a crash would, and starts it again at its address. */
  kill(): Promise<void>
  restart(): Promise<unknown>
}

/** A hub whose time passes as the test says, and a peer in a process of its own. */
async function startPair(): Promise<Pair> {
  const clock = new ManualClock(Date.now())
  const ada = await startHub({ clock, logLevel: 'silent', dispatch: 'local', isolation: 'auto' })
  const data = makeFolder('bob')
  let process = new ProcessHub(data, ['--log-level', 'silent'])
  await process.start()
  onTestFinished(() => process.kill())
  const { port } = new URL(process.url)
  const bob = process.client()
  const { invitation } = await bob.call<{ invitation: string }>('peer_invite', {
    role: 'developer',
  })
  await ada.call('peer_add', { invitation, name: 'bob', as: 'ada' })
  await passUntil(clock, 100, async () =>
    (await ada.call<{ items: Peer[] }>('peer_list')).items.some(({ state }) => state === 'ready'),
  )
  return {
    clock,
    ada,
    bob,
    kill: () => process.kill(),
    restart: () => {
      process = new ProcessHub(data, ['--log-level', 'silent', '--port', port])
      return process.start()
    },
  }
}

/** Lets time pass in steps until something holds. */
const passUntil = (clock: ManualClock, stepMs: number, holds: () => Promise<boolean>) =>
  until(async () => {
    await clock.advance(stepMs)
    return holds()
  }, 90_000)

async function pass(clock: ManualClock, ms: number): Promise<void> {
  const end = clock.now() + ms
  await passUntil(clock, 1000, () => Promise.resolve(clock.now() >= end))
}

const read = async (client: HubClient, task: string) =>
  (await client.call<{ task: Task }>('task_read', { task })).task

const logOf = async (hub: TestHub, task: string) =>
  (await hub.call<{ items: LogChunk[] }>('task_log', { task, max_bytes: 1_000_000 })).items
    .map(({ data }) => data)
    .join('')

const tasksOf = async (hub: HubClient) => (await hub.call<{ items: Task[] }>('task_list', {})).items

/** A task that runs on the peer for that long. */
async function begin({ ada, clock }: Pair, seconds: number): Promise<string> {
  const { id } = await ada.call<Task>('task_submit', {
    template: 'command',
    command: `echo begun; sleep ${seconds}; echo ended`,
    requirements: { hub: 'bob' },
    max_attempts: 3,
  })
  await passUntil(clock, 100, async () => (await logOf(ada, id)).includes('begun'))
  return id
}

test('a peer that is away for less than two minutes is waited for, and its task goes on', async () => {
  const pair = await startPair()
  const { ada, bob, clock } = pair
  const task = await begin(pair, 15)
  await pair.kill()
  await pass(clock, 110_000)
  expect(await read(ada.client, task)).toMatchObject({ state: 'running', attempts: 1 })
  await pair.restart()
  await passUntil(clock, 100, async () => (await read(ada.client, task)).state === 'succeeded')
  expect(await read(ada.client, task)).toMatchObject({ attempts: 1, result: { exitCode: 0 } })
  expect(await logOf(ada, task)).toMatch(/begun\n[^]*ended\n/)
  expect(await tasksOf(bob)).toHaveLength(1)
})

test('a peer that is away for longer has lost the attempt: others take the task, and it is stopped there', async () => {
  const pair = await startPair()
  const { ada, bob, clock } = pair
  const task = await begin(pair, 600)
  const [there] = await tasksOf(bob)
  await pair.kill()
  const has = async (kind: string) => {
    const asked = { after: 0, task, limit: 200 }
    const { items } = await ada.call<{ items: Event[] }>('event_list', asked)
    return items.some((event) => event.kind === kind)
  }
  await pass(clock, 120_000)
  await passUntil(clock, 250, async () => (await read(ada.client, task)).state === 'queued')
  // Whoever is named is waited for, and then anybody may take it.
  await passUntil(clock, 250, () => has('task.freed'))
  await passUntil(clock, 20, async () => {
    const { items } = await ada.call<{ items: Pod[] }>('pod_list', {})
    return items.some((pod) => pod.task === task)
  })
  await pair.restart()
  await passUntil(clock, 20, async () => (await read(bob, there?.id ?? '')).state === 'canceled')
  await ada.call('task_cancel', { task })
  expect(await tasksOf(bob)).toHaveLength(1)
})
