import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Starving, reserve, starvesMs } from '../../../hub/controllers/starving.ts'
import { Served } from '../../../hub/controllers/fairness.ts'
import { owner } from '../../../hub/auth/owner.ts'
import { Store } from '../../../servers/kit/store.ts'
import { newTaskRow } from '../../../servers/orchestration/store/task-row.ts'
import { insertTask, moveTask, readTask } from '../../../servers/orchestration/store/tasks.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'
import { newTask } from '../../helpers/tasks.ts'

test('a node is asked for the first of each org once it has starved, and again for who has one', async () => {
  const clock = new ManualClock()
  const store = new Store(join(makeFolder(), 'switchyard.db'), clock.now, clock)
  const rows = await Promise.all(
    ['a', 'b', 'c'].map(async (id) => {
      const row = newTaskRow(newTask(id, id === 'c' ? 'other' : 'one'), owner.id, clock.now())
      await store.transaction((tx) => insertTask(tx, row, owner))
      return (await readTask(store.reader, id))!
    }),
  )
  const [starving, served] = [new Starving(), new Served()]
  served.started('one', 1)
  let asked: string[] = []
  const said: string[] = []
  let isKept = true
  const call = <T>(tool: string, { task, reason }: Record<string, unknown>) => {
    if (tool === 'node_reserve') asked.push(String(task))
    else said.push(`${tool} ${String(task)}: ${String(reason)}`)
    return Promise.resolve((isKept ? { cluster: 'kube', node: 'n1' } : {}) as T) // The test's own.
  }
  const look = async () => {
    asked = []
    for (const row of rows) starving.saw(row, clock.now())
    await reserve({ store, clock, call }, { starving, served })
    return asked
  }
  expect(await look()).toEqual([])
  await clock.advance(starvesMs)
  // The org that was served least comes first, and of each org the first in its queue.
  expect(await look()).toEqual(['c', 'a'])
  expect(await look()).toEqual(['b'])
  await clock.advance(10_000)
  expect(await look()).toEqual(expect.arrayContaining(['a', 'b', 'c']))
  // Each says once what is kept for it.
  const kept = 'it fits nowhere now; what becomes free on kube/n1 is kept for it'
  expect(said.splice(0)).toEqual(['c', 'a', 'b'].map((id) => `task_hold ${id}: ${kept}`))
  // What is no longer queued is not asked for; for whom a node was emptied in vain, not for a while.
  await store.transaction(
    async (tx) => void (await moveTask(tx, (await readTask(tx, 'b'))!, 'claim')),
  )
  isKept = false
  await clock.advance(10_000)
  expect((await look()).toSorted()).toEqual(['a', 'c'])
  const lost = 'it fits nowhere now, and would not on the node that was kept for it'
  expect(said.toSorted()).toEqual(['a', 'c'].map((id) => `task_hold ${id}: ${lost}`))
  await clock.advance(starvesMs)
  expect(await look()).toEqual([])
  await store.close()
})
