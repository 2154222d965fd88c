import type { Event } from '../../schemas/event.ts'
import { HubError } from '../../schemas/errors.ts'
import { pause } from '../../servers/kit/clock.ts'
import { readCursor, saveCursor } from '../../servers/orchestration/store/cursors.ts'
import type { Deferred } from '../../servers/orchestration/store/deferred-events.ts'
import {
  deferEvent,
  giveUpEvent,
  listDeferred,
  removeDeferred,
  summaryOfDeferred,
} from '../../servers/orchestration/store/deferred-events.ts'
import type { ControllerContext } from './context.ts'

const longestWaitMs = 50_000
/** How long everything behind an event waits for what it needs, before it is put aside. */
const patienceMs = 15_000
const maxTries = 5
const firstPauseMs = 15_000
const longestPauseMs = 600_000
/** What is away for longer has the event given up. */
const keptForMs = 24 * 3_600_000
/** Beyond so many everything waits: it is no single part that is away. */
const maxDeferred = 2000

type Handle = (event: Event) => Promise<void>
type Follower = { context: ControllerContext; name: string; handle: Handle }

/**
 * Hands each event to `handle`, at least once, in order but for those that had to wait: while something
 * that an event needs is away, it is put aside and tried again for a day, so that a forge that does not
 * answer holds up nothing else. The cursor moves after the handler returned, so a crash repeats the last
 * events. One that fails for good is given up with an event that says so.
 */
export async function follow(
  context: ControllerContext,
  name: string,
  handle: Handle,
): Promise<void> {
  const { store, clock, signal, call, log } = context
  const follower: Follower = { context, name, handle }
  let after = await readCursor(store.reader, name)
  while (!signal.aborted) {
    try {
      const dueAt = await retryDeferred(follower)
      const { items, next } = await call<{ items: Event[]; next: number }>(
        'event_list',
        { after, limit: 200, wait_ms: Math.min(longestWaitMs, Math.max(0, dueAt - clock.now())) },
        signal,
      )
      for (const event of items) {
        if (signal.aborted) return
        await handleOrDefer(follower, event)
      }
      if (items.length > 0) await saveCursor(store, name, next)
      after = next
    } catch (error) {
      if (signal.aborted || (error instanceof HubError && error.code === 'canceled')) return
      log.error({ error, controller: name }, 'the event stream could not be read')
      await pause(clock, 1000, signal)
    }
  }
}

async function handleOrDefer(follower: Follower, event: Event): Promise<void> {
  const { context, handle } = follower
  const { clock, signal } = context
  const startedAt = clock.now()
  for (let tries = 1; ; tries++) {
    try {
      return await handle(event)
    } catch (error) {
      if (signal.aborted) throw error
      if (isPassing(error)) {
        const isPatient = clock.now() - startedAt < patienceMs
        if (!isPatient && (await isDeferred(follower, event, error))) return
      } else if (tries >= maxTries || isExpected(error)) return giveUp(follower, event, error)
      await pause(clock, Math.min(5000, 100 * 2 ** tries), signal)
    }
  }
}

/** Whether an event could be put aside. A store that cannot write takes nothing, so all has to wait. */
async function isDeferred(
  { context: { store, clock, log }, name }: Follower,
  event: Event,
  error: HubError,
): Promise<boolean> {
  try {
    if ((await summaryOfDeferred(store.reader, name)).count >= maxDeferred) return false
    const dueAt = clock.now() + firstPauseMs
    const kept = { follower: name, seq: event.seq, tries: 1, dueAt, reason: wordsOf(error) }
    await store.transaction((tx) => deferEvent(tx, kept))
  } catch (failure) {
    if (failure instanceof HubError) return false
    throw failure
  }
  log.warn({ error, controller: name, event: event.seq }, 'an event is handled later')
  return true
}

/** Tries again what is due, and returns when the next of it is. */
async function retryDeferred(follower: Follower): Promise<number> {
  const { context, name } = follower
  const { store, clock, signal } = context
  for (;;) {
    const due = await listDeferred(store.reader, { follower: name, now: clock.now(), limit: 50 })
    for (const deferred of due) {
      if (signal.aborted) return Infinity
      await retry(follower, deferred)
    }
    if (due.length === 0) return (await summaryOfDeferred(store.reader, name)).dueAt ?? Infinity
  }
}

async function retry(follower: Follower, { event, since, tries }: Deferred): Promise<void> {
  const { context, name, handle } = follower
  const { store, clock, signal } = context
  const { seq } = event
  try {
    await handle(event)
    await store.transaction((tx) => removeDeferred(tx, name, seq))
  } catch (error) {
    if (signal.aborted) throw error
    const mayPass = isPassing(error) ? clock.now() - since < keptForMs : tries < maxTries
    if (!mayPass || isExpected(error)) return giveUp(follower, event, error)
    const dueAt = clock.now() + Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 10))
    const reason = wordsOf(error)
    await store.transaction((tx) =>
      deferEvent(tx, { follower: name, seq, tries: tries + 1, dueAt, reason }),
    )
  }
}

async function giveUp(
  { context: { store, log }, name }: Follower,
  event: Event,
  error: unknown,
): Promise<void> {
  const about = { error, controller: name, event: event.seq, kind: event.kind }
  log.warn(about, 'an event could not be handled')
  const failure = { code: codeOf(error), message: wordsOf(error) }
  await store.transaction((tx) =>
    isExpected(error) ? removeDeferred(tx, name, event.seq) : giveUpEvent(tx, name, event, failure),
  )
}

/** A full disk, or a part that is away, says nothing about the event: it has to wait. */
const isPassing = (error: unknown): error is HubError =>
  error instanceof HubError && ['exhausted', 'unavailable'].includes(error.code)

/** What the event is about has moved on, or is gone; then there is nothing to do any more. */
const isExpected = (error: unknown): boolean =>
  error instanceof HubError && ['conflict', 'not_found'].includes(error.code)

const codeOf = (error: unknown): string => (error instanceof HubError ? error.code : 'internal')

const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 1000)
