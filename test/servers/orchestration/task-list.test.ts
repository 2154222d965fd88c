import { expect, test } from 'vitest'
import type { Granted } from '../../../agent/lease.ts'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'
import { makeRepo } from '../../helpers/repo.ts'

const submit = (hub: TestHub, extra: Record<string, unknown> = {}) =>
  hub.call<Task>('task_submit', { template: 'command', command: 'true', ...extra })

test('pages of tasks are complete and disjoint', async () => {
  const hub = await startHub()
  const made = await Promise.all(Array.from({ length: 25 }, () => submit(hub)))
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await hub.call<{ items: Task[]; next?: string }>('task_list', {
      limit: 10,
      ...(cursor ? { cursor } : {}),
    })
    seen.push(...page.items.map((task) => task.id))
    cursor = page.next
  } while (cursor)
  expect(seen.toSorted()).toEqual(made.map((task) => task.id).toSorted())
  expect(await failure(hub.call('task_list', { cursor: '!!' }))).toMatchObject({ code: 'invalid' })
})

test('a list narrows to a stage, a template and words of the title', async () => {
  const hub = await startHub()
  const first = await submit(hub, { title: 'Nightly backup of 100% of it' })
  const second = await submit(hub, { title: 'Check the links' })
  await submit(hub, { title: 'BACKUP the notes' })
  await hub.call('task_cancel', { task: second.id })
  const titles = async (args: Record<string, unknown>) =>
    (await hub.call<{ items: Task[] }>('task_list', args)).items.map(({ title }) => title)
  expect(await titles({ stage: 'done' })).toEqual(['Check the links'])
  expect(await titles({ stage: 'pending', text: 'backup' })).toEqual([
    'BACKUP the notes',
    'Nightly backup of 100% of it',
  ])
  expect(await titles({ text: '0% of' })).toEqual(['Nightly backup of 100% of it'])
  expect(await titles({ text: '%' })).toEqual(['Nightly backup of 100% of it'])
  expect(await titles({ text: first.id })).toEqual(['Nightly backup of 100% of it'])
  expect(await titles({ template: 'ci' })).toEqual([])
  for (const stage of ['active', 'review', 'failed']) expect(await titles({ stage })).toEqual([])
})

test('a list narrows to what waits for a person or a budget, also where much else is newer', async () => {
  const hub = await startHub()
  await hub.call('budget_set', { budget: { day: { steps: 1 } } })
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }]
  await hub.call('model_generate', { prompt, model: 'scripted' })
  const code = { template: 'code', repo: await makeRepo(), model: 'scripted' }
  const held = await hub.call<Task>('task_submit', { ...code, goal: 'Add up the basket' })
  const asking = await submit(hub)
  const claimed = { agent: 'worker-one', task: asking.id }
  const { lease } = await hub.call<{ lease: Granted }>('task_claim', claimed)
  const holds = { task: asking.id, fence: lease.fence }
  await hub.call('task_heartbeat', holds)
  await hub.call('approval_request', { ...holds, question: 'Send it?', details: {} })
  await submit(hub)
  const waiting = async (what: string) =>
    (await hub.call<{ items: Task[] }>('task_list', { waiting_for: what, limit: 1 })).items
  expect(await waiting('budget')).toMatchObject([{ id: held.id, waitingFor: 'budget' }])
  expect(await waiting('approval')).toMatchObject([{ id: asking.id, waitingFor: 'approval' }])
  expect(await waiting('input')).toEqual([])
  await hub.call('task_cancel', { task: held.id })
  expect(await waiting('budget')).toEqual([])
  expect(await failure(waiting('money'))).toMatchObject({ code: 'invalid' })
})
