import type { Event } from '../../schemas/event.ts'
import { HubError } from '../../schemas/errors.ts'
import type { ControllerContext } from './context.ts'

/**
 * Hands each event to `handle`, in order, at least once, for ever. The cursor moves after the
 * handler returned, so a crash repeats the last events. While the disk is full or the store cannot
 * write, an event waits; one that fails otherwise is tried again and skipped, with a line in the
 * log, when it fails for good.
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
        await withRetries({ hub, signal }, name, event, handle)
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
  { hub, signal }: Pick<ControllerContext, 'hub' | 'signal'>,
  name: string,
  event: Event,
  handle: (event: Event) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await handle(event)
    } catch (error) {
      const code = error instanceof HubError ? error.code : undefined
      if (code === 'exhausted' || code === 'unavailable') {
        // A full disk or a store that cannot write says nothing about the event: it has to wait.
        if (signal.aborted) throw error
        await pause(Math.min(5000, 100 * 2 ** attempt), signal)
        continue
      }
      const settled = code === 'conflict' || code === 'not_found'
      if (settled || attempt >= 5) {
        hub.log.warn(
          { error, controller: name, event: event.seq, kind: event.kind },
          'an event could not be handled',
        )
        return
      }
      await pause(100 * 2 ** attempt, signal)
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
    if (signal?.aborted) return resolve()
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
