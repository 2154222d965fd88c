import { expect, test } from 'vitest'
import type { Event } from '../../../schemas/event.ts'
import type { Task } from '../../../schemas/task.ts'
import { failure, startHub } from '../../helpers/hub.ts'

type Read = { items: Event[]; next: number; previous?: number }

test('events are read back from the newest, page by page, each once and in order', async () => {
  const hub = await startHub()
  const submit = () => hub.call<Task>('task_submit', { template: 'command', command: 'true' })
  const [{ id: task }, { id: other }] = [await submit(), await submit()]
  for (const body of ['one', 'two', 'three', 'four', 'five', 'six'])
    for (const to of [task, other]) await hub.call('task_message', { task: to, body })
  const { items: all } = await hub.call<Read>('event_list', { task, after: 0 })
  expect(all).toHaveLength(7)

  const read: number[][] = []
  let before: number | undefined
  do {
    const asked = { task, tail: 3, ...(before === undefined ? {} : { before }) }
    const { items, previous } = await hub.call<Read>('event_list', asked)
    read.push(items.map(({ seq }) => seq))
    before = previous
  } while (before !== undefined)
  expect(read.map(({ length }) => length)).toEqual([3, 3, 1])
  expect(read.toReversed().flat()).toEqual(all.map(({ seq }) => seq))

  // A page that ends at the first event says that nothing was before it.
  const whole = await hub.call<Read>('event_list', { task, tail: 7 })
  expect(whole).toEqual({ items: all, next: all.at(-1)?.seq })
  await hub.call('task_message', { task, body: 'seven' })
  const { items: more } = await hub.call<Read>('event_list', { task, after: whole.next })
  expect(more.map(({ kind }) => kind)).toEqual(['task.message'])
})

test('reading back and reading on at once is refused, and other orgs see nothing either way', async () => {
  const hub = await startHub()
  const bob = await hub.as('bob', 'developer', ['other'])
  await hub.call('task_submit', { template: 'command', command: 'true' })
  expect((await bob.call<Read>('event_list', { tail: 100 })).items).toEqual([])
  for (const wrong of [{ tail: 3, after: 0 }, { before: 3 }])
    expect(await failure(hub.call('event_list', wrong))).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('`tail`') as string,
    })
})
