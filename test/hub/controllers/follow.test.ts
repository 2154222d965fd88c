import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ControllerContext } from '../../../hub/controllers/context.ts'
import { follow } from '../../../hub/controllers/follow.ts'
import { makeLogger } from '../../../hub/log.ts'
import { ConfigFile, readSettings } from '../../../schemas/config.ts'
import { HubError } from '../../../schemas/errors.ts'
import type { Event } from '../../../schemas/event.ts'
import { Store } from '../../../servers/kit/store.ts'
import { readByAll } from '../../../servers/orchestration/store/expired-events.ts'
import { listEvents } from '../../../servers/orchestration/store/events.ts'
import { makeFolder } from '../../helpers/folder.ts'
import { until } from '../../helpers/hub.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const away = new HubError('unavailable', 'the forge does not answer')
const hourMs = 3_600_000

/** A follower over a real store; the test says what happens to an event. */
function startFollower(handle: (event: Event) => void, folder = makeFolder()) {
  const clock = new ManualClock()
  const store = new Store(join(folder, 'switchyard.db'), clock.now, clock)
  const handled: string[] = []
  const stopping = new AbortController()
  const { signal } = stopping
  const context: ControllerContext = {
    config: () => ({ ...readSettings({}, {}), file: ConfigFile.parse({}) }),
    onConfig: () => () => {},
    log: makeLogger('silent'),
    clock,
    store,
    dataDir: '',
    context: { follow: () => Promise.resolve() },
    signal,
    clusters: { list: () => [{ id: 'local', runsAgents: true }] },
    carriers: { peerNames: () => Promise.resolve([]) },
    askPeer: () => Promise.reject(new Error('there are no peers')),
    callPeer: () => Promise.reject(new Error('there are no peers')),
    call: async <T>(_tool: string, args: Record<string, unknown>) => {
      const { after, wait_ms: waitMs } = args as { after: number; wait_ms: number } // As `follow` calls it.
      using events = store.topics.listen(['events'])
      const ask = { principal: 'test', after, limit: 200, task: undefined, orgs: undefined }
      const found = await listEvents(store.reader, ask)
      if (found.length === 0 && waitMs > 0) await events.next(waitMs, signal)
      const items = found.length > 0 ? found : await listEvents(store.reader, ask)
      return { items, next: items.at(-1)?.seq ?? after } as T // What event_list returns.
    },
  }
  const running = follow(context, 'tester', (event) => {
    if (event.kind === 'controller.gave_up') return Promise.resolve()
    try {
      handle(event)
      handled.push(event.subject)
      return Promise.resolve()
    } catch (error) {
      return Promise.reject(error)
    }
  })
  const stop = async () => {
    stopping.abort()
    await running
    await store.close()
  }
  onTestFinished(stop)
  const announce = (subject: string) =>
    store.transaction((tx) => tx.event({ kind: 'test.happened', org: 'default', subject }))
  const gaveUp = async () =>
    (
      await listEvents(store.reader, {
        principal: 'test',
        after: 0,
        limit: 200,
        task: undefined,
        orgs: undefined,
      })
    )
      .filter(({ kind }) => kind === 'controller.gave_up')
      .map(({ subject, data }) => [subject, data.code, data.message])
  return { clock, store, handled, announce, gaveUp, stop, folder }
}

/** Lets time pass in small steps, so that what waits for one thing after another comes to its end. */
async function pass(clock: ManualClock, ms: number, stepMs: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await clock.advance(stepMs)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('an event that needs what is away holds up the others for a moment alone, and is handled later', async () => {
  let isAway = true
  const follower = startFollower(({ subject }) => {
    if (subject === 'first' && isAway) throw away
  })
  const { clock, store, handled, announce, gaveUp } = follower
  await announce('first')
  await announce('second')
  await until(async () => {
    await pass(clock, 1000, 250)
    return handled.includes('second')
  })
  expect(handled).toEqual(['second'])
  // Retention leaves it alone meanwhile.
  expect(await readByAll(store.reader)).toBe(0)
  isAway = false
  await until(async () => {
    await pass(clock, 5000, 1000)
    return handled.length === 2
  })
  expect(handled).toEqual(['second', 'first'])
  await until(async () => {
    await pass(clock, 1000, 1000)
    return (await readByAll(store.reader)) === 2
  })
  expect(await gaveUp()).toEqual([])
})

test('what stays away for a day has the event given up, with an event that says so', async () => {
  let tries = 0
  const { clock, announce, gaveUp } = startFollower(() => {
    tries++
    throw away
  })
  await announce('first')
  await until(async () => {
    await pass(clock, 10 * 60_000, 30_000)
    return (await gaveUp()).length > 0
  })
  expect(await gaveUp()).toEqual([['first', 'unavailable', 'the forge does not answer']])
  expect(tries).toBeLessThan(24 * 6 + 30)
  expect(clock.now() - Date.UTC(2026, 0, 1)).toBeGreaterThan(23 * hourMs)
})

test('what was put aside is on record: the next process comes back to it', async () => {
  const first = startFollower(() => {
    throw away
  })
  await first.announce('first')
  await until(async () => {
    await pass(first.clock, 1000, 250)
    const rows = await first.store.reader.all('SELECT seq FROM deferred_events')
    return rows.length === 1
  })
  await first.stop()
  const next = startFollower(() => undefined, first.folder)
  await until(async () => {
    await pass(next.clock, 5000, 1000)
    return next.handled.includes('first')
  })
})

test('an event that fails for another reason is tried five times and given up', async () => {
  let tries = 0
  const { clock, handled, announce, gaveUp } = startFollower(({ subject }) => {
    if (subject !== 'first') return
    tries++
    throw new Error('a bug')
  })
  await announce('first')
  await announce('second')
  await until(async () => {
    await pass(clock, 1000, 100)
    return handled.includes('second')
  })
  expect(tries).toBe(5)
  expect(await gaveUp()).toEqual([['first', 'internal', 'a bug']])
})
