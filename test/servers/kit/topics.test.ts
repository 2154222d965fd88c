import { expect, test } from 'vitest'
import { Topics } from '../../../servers/kit/topics.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

test('what is emitted while a listener looks elsewhere wakes its next wait at once', async () => {
  const topics = new Topics(new ManualClock())
  using listener = topics.listen(['task-1', 'task-2'])
  topics.emit('task-2')
  topics.emit('task-2')
  expect(await listener.next(60_000)).toBe(true)
  expect(await listener.next(0)).toBe(false)
})

test('a wait ends by a topic, by its time, by its caller, or with the hub', async () => {
  const clock = new ManualClock()
  const topics = new Topics(clock)
  using listener = topics.listen(['task-1'])
  const woken = listener.next(60_000)
  topics.emit('task-1')
  expect(await woken).toBe(true)
  const late = listener.next(60_000)
  await clock.advance(60_000)
  expect(await late).toBe(false)
  const stop = new AbortController()
  const canceled = listener.next(60_000, stop.signal)
  stop.abort()
  await expect(canceled).rejects.toMatchObject({ code: 'canceled' })
  const closing = listener.next(60_000)
  topics.close()
  await expect(closing).rejects.toMatchObject({ code: 'unavailable' })
  await expect(listener.next(60_000)).rejects.toMatchObject({ code: 'unavailable' })
})

test('a listener that is disposed of hears nothing', async () => {
  const topics = new Topics(new ManualClock())
  const listener = topics.listen(['task-1'])
  listener[Symbol.dispose]()
  topics.emit('task-1')
  expect(await listener.next(0)).toBe(false)
})
