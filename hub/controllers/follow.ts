import type { Event } from '../../schemas/event.ts'
import { HubError } from '../../schemas/errors.ts'
import type { ControllerContext } from './context.ts'

/**
 * Hands each event to `handle`, in order, at least once, for ever. The cursor moves after the
 * handler returned, so a crash repeats the last event; a failing event is tried again with a pause
 * and skipped, with an error in the log, when it fails for good.
 */
export async function follow(
  { hub, signal, call }: ControllerContext,
  name: string,
  handle: (event: Event) => Promise<void>,
): Promise<void> {
  let after = readCursor(hub.store, name)
  while (!signal.aborted) {
    try {
      const { items, next } = await call<{ items: Event[]; next: number }>(
        'event_list',
        { after, limit: 200, wait_ms: 30_000 },
        { signal: () => signal },
      )
      for (const event of items) {
        if (signal.aborted) return
        await withRetries(hub, name, event, handle)
      }
      if (items.length > 0) await saveCursor(hub.store, name, next)
      after = next
    } catch (error) {
      if (signal.aborted || (error instanceof HubError && error.code === 'canceled')) return
      hub.log.error({ error, controller: name }, 'the event stream could not be read')
      await pause(1000, signal)
    }
  }
}

async function withRetries(
  hub: ControllerContext['hub'],
  name: string,
  event: Event,
  handle: (event: Event) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await handle(event)
    } catch (error) {
      const settled = error instanceof HubError && ['conflict', 'not_found'].includes(error.code)
      if (settled || attempt >= 5) {
        hub.log.warn(
          { error, controller: name, event: event.seq, kind: event.kind },
          'an event could not be handled',
        )
        return
      }
      await pause(100 * 2 ** attempt)
    }
  }
}

type Store = ControllerContext['hub']['store']

const readCursor = (store: Store, name: string): number =>
  store.get<{ seq: number }>('SELECT seq FROM cursors WHERE name = :name', { name })?.seq ?? 0

const saveCursor = (store: Store, name: string, seq: number): Promise<unknown> =>
  store.write((tx) =>
    tx.run(
      `INSERT INTO cursors (name, seq) VALUES (:name, :seq) ON CONFLICT (name) DO UPDATE SET seq = :seq`,
      { name, seq },
    ),
  )

export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
