import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { Event } from '../schemas/event.ts'

export type Connection = 'connecting' | 'live' | 'offline' | 'signed-out'

type Listener = (event: Event | undefined) => void

const listeners = new Set<Listener>()
const watchers = new Set<(connection: Connection) => void>()
let source: EventSource | undefined
let connection: Connection = 'connecting'
let lastSeen = -1
let goneAt: number | undefined
let retryMs = 500
/** When the hub was last heard of; the page itself has just come from it. */
let heardAt = performance.now()
const silentMs = 3000

/** Opens the hub's event stream once; it reconnects by itself and goes on after the last event seen. */
export function connect(): void {
  source?.close()
  source = new EventSource(lastSeen < 0 ? '/events' : `/events?after=${lastSeen}`)
  source.addEventListener('open', () => {
    retryMs = 500
    heardAt = performance.now()
    setConnection('live')
    for (const listener of listeners) listener(undefined) // Something may have happened meanwhile.
  })
  source.addEventListener('message', (message: MessageEvent<string>) => {
    const event = JSON.parse(message.data) as Event // Written by the hub.
    lastSeen = event.seq
    heardAt = performance.now()
    for (const listener of listeners) listener(event)
  })
  source.addEventListener('error', () => void reconnect())
}

async function reconnect(): Promise<void> {
  source?.close()
  const status = await fetch('/events', { method: 'HEAD' }).then(
    (response) => response.status,
    () => 0, // No answer at all: the hub is down.
  )
  if (status === 401) return setConnection('signed-out')
  setConnection('offline')
  setTimeout(connect, retryMs)
  retryMs = Math.min(10_000, retryMs * 2)
}

function setConnection(next: Connection): void {
  if (next === 'live') goneAt = undefined
  else if (connection === 'live') goneAt = Date.now()
  connection = next
  for (const watcher of watchers) watcher(next)
}

/** Resolves when the hub is there again the next time. */
const nextLive = (): Promise<void> =>
  new Promise((resolve) => {
    const watch = (next: Connection): void => {
      if (next !== 'live') return
      watchers.delete(watch)
      resolve()
    }
    watchers.add(watch)
  })

/**
 * Resolves once the hub answers. Of one that went away without a word the stream knows nothing for a while,
 * so after a silence it is asked.
 */
export async function untilReached(): Promise<void> {
  for (let pauseMs = 250; ; pauseMs = Math.min(5000, pauseMs * 2)) {
    if (connection === 'offline') await nextLive()
    if (performance.now() - heardAt < silentMs) return
    const isThere = await fetch('/health', { method: 'HEAD', cache: 'no-store' }).then(
      () => true,
      () => false,
    )
    if (isThere) heardAt = performance.now()
    else await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

/** Calls back with each event, and with undefined when the stream is there again and some were missed. */
export function onEvent(listener: Listener): void {
  listeners.add(listener)
}

/** Tells all of what this page itself did, where that is nobody else's and so not in the stream. */
export function tell(kind: string, subject: string): void {
  const event: Event = { seq: lastSeen, at: Date.now(), org: '', kind, subject, data: {} }
  for (const listener of listeners) listener(event)
}

/** Keeps a component told about the connection. */
export class ConnectionState implements ReactiveController {
  readonly #host: ReactiveControllerHost
  readonly #update = () => this.#host.requestUpdate()

  constructor(host: ReactiveControllerHost) {
    this.#host = host
    host.addController(this)
  }

  get value(): Connection {
    return connection
  }

  /** Since when what is shown is no longer kept fresh. */
  get goneAt(): number | undefined {
    return goneAt
  }

  hostConnected(): void {
    watchers.add(this.#update)
  }

  hostDisconnected(): void {
    watchers.delete(this.#update)
  }
}
