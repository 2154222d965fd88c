import type { Event } from '../../schemas/event.ts'
import { HubError } from '../../schemas/errors.ts'
import { pause } from '../../servers/kit/clock.ts'
import { readCursor, saveCursor } from '../../servers/orchestration/store/cursors.ts'
import type { ControllerContext } from './context.ts'

/**
 * Hands each event to `handle`, in order, at least once, for ever. The cursor moves after the
 * handler returned, so a crash repeats the last events. While the disk is full or the store cannot
 * write, an event waits; one that fails otherwise is tried again and skipped, with a line in the
 * log, when it fails for good.
 */
export async function follow(
  context: ControllerContext,
  name: string,
  handle: (event: Event) => Promise<void>,
): Promise<void> {
  const { store, clock, signal, call, log } = context
  let after = await readCursor(store.reader, name)
  while (!signal.aborted) {
    try {
      const { items, next } = await call<{ items: Event[]; next: number }>(
        'event_list',
        { after, limit: 200, wait_ms: 50_000 },
        signal,
      )
      for (const event of items) {
        if (signal.aborted) return
        await withRetries(context, name, event, handle)
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

async function withRetries(
  { log, clock, signal }: ControllerContext,
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
        await pause(clock, Math.min(5000, 100 * 2 ** attempt), signal)
        continue
      }
      const isFinal = code === 'conflict' || code === 'not_found'
      if (isFinal || attempt >= 5) {
        log.warn(
          { error, controller: name, event: event.seq, kind: event.kind },
          'an event could not be handled',
        )
        return
      }
      await pause(clock, 100 * 2 ** attempt, signal)
    }
  }
}
