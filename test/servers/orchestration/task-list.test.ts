import { expect, test } from 'vitest'
import type { Task } from '../../../schemas/task.ts'
import type { TestHub } from '../../helpers/hub.ts'
import { failure, startHub } from '../../helpers/hub.ts'

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
