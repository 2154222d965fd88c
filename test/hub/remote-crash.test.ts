import { expect, onTestFinished, test } from 'vitest'
import type { HubClient } from '../../agent/hub-client.ts'
import type { LogChunk } from '../../schemas/log.ts'
import type { Peer } from '../../schemas/peer.ts'
import type { Task } from '../../schemas/task.ts'
import { makeFolder } from '../helpers/folder.ts'
import { until } from '../helpers/hub.ts'
import { ProcessHub } from '../helpers/process-hub.ts'

const logOf = async (hub: HubClient, task: string) =>
  (await hub.call<{ items: LogChunk[] }>('task_log', { task, max_bytes: 1_000_000 })).items
/** What the command printed, without the words of agents. */
const textOf = (log: LogChunk[]) =>
  log.flatMap(({ stream, data }) => (stream === 'out' ? data : [])).join('')

/** A hub that a crash does not move: it comes back at the same address. */
async function startAt(data: string, port: string): Promise<ProcessHub> {
  const hub = new ProcessHub(data, ['--port', port, '--log-level', 'silent'])
  await hub.start()
  onTestFinished(() => hub.kill())
  return hub
}

const portOf = (hub: ProcessHub) => new URL(hub.url).port

test('a task on a peer ends once, with its whole log, whichever hub is killed in its middle', async () => {
  const [adaData, bobData] = [makeFolder('ada'), makeFolder('bob')]
  let ada = await startAt(adaData, '0')
  let bob = await startAt(bobData, '0')
  const here = ada.client()
  const there = bob.client()
  const { invitation } = await there.call<{ invitation: string }>('peer_invite', {
    role: 'developer',
  })
  await here.call('peer_add', { invitation, name: 'bob', as: 'ada' })
  await until(async () =>
    (await here.call<{ items: Peer[] }>('peer_list')).items.some(({ state }) => state === 'ready'),
  )
  const lines = Array.from({ length: 40 }, (_, at) => `line ${at}\n`)
  const { id: task } = await here.call<Task>('task_submit', {
    template: 'command',
    command: 'i=0; while [ $i -lt 40 ]; do echo line $i; sleep 0.25; i=$((i+1)); done',
    requirements: { hub: 'bob' },
  })
  const copied = async (line: string) =>
    until(async () => textOf(await logOf(here, task)).includes(line))
  await copied('line 2\n')
  await ada.kill()
  ada = await startAt(adaData, portOf(ada))
  await copied('line 12\n')
  await bob.kill()
  bob = await startAt(bobData, portOf(bob))
  await until(
    async () => (await here.call<{ settled: boolean }>('task_wait', { task })).settled,
    90_000,
  )
  const { task: ended } = await here.call<{ task: Task }>('task_read', { task })
  expect(ended).toMatchObject({ state: 'succeeded', attempts: 1 })
  const { items } = await there.call<{ items: Task[] }>('task_list')
  expect(items).toHaveLength(1)
  const [own, ...copy] = await logOf(here, task)
  expect(own?.data).toBe(`carried out by the hub bob as ${items[0]?.id}\n`)
  const original = await logOf(there, items[0]?.id ?? '')
  expect(copy.map(({ data }) => data)).toEqual(original.map(({ data }) => data))
  expect(textOf(copy)).toBe(lines.join(''))
})
