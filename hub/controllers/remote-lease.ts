import { HubError } from '../../schemas/errors.ts'
import { readLease } from '../../servers/orchestration/store/attempts.ts'
import { listMessages } from '../../servers/orchestration/store/messages.ts'
import type { RemoteTask } from '../peers/store/remote-tasks.ts'
import { saveRemoteTask } from '../peers/store/remote-tasks.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { AccessRefused } from '../upstreams/refused.ts'

/** A lease that is kept while a peer works. `signal` aborts once it is lost, or the hub stops. */
export type RemoteLease = AsyncDisposable & { signal: AbortSignal }

type Message = { seq: number; author: string; body: string }

/** Whether a call failed because the task went on without whoever made it. */
export const isOver = (error: unknown): boolean =>
  error instanceof HubError && (error.code === 'conflict' || error.code === 'not_found')

/** Sends heartbeats, passes messages on to the peer, and looks at once when the task changes here. */
export function holdLease(
  context: ControllerContext,
  row: RemoteTask,
  { fence, leaseMs }: { fence: number; leaseMs: number },
): RemoteLease {
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, context.signal])
  const lost = new AbortController()
  const beating = beat(context, row, { fence, leaseMs, signal, lost })
  return {
    signal: AbortSignal.any([lost.signal, context.signal]),
    async [Symbol.asyncDispose]() {
      ended.abort()
      await beating
    },
  }
}

async function beat(
  context: ControllerContext,
  row: RemoteTask,
  lease: { fence: number; leaseMs: number; signal: AbortSignal; lost: AbortController },
): Promise<void> {
  const { fence, leaseMs, signal, lost } = lease
  const { store, clock } = context
  using changes = store.topics.listen([row.task])
  let beatAt = 0
  while (!signal.aborted) {
    await guarded(context, 'remote-tasks', async () => {
      const isHeld = (await readLease(store.reader, row.task))?.fence === fence
      if (!isHeld) return lost.abort()
      const isDue = clock.now() - beatAt >= leaseMs / 6
      const isTold = (await listMessages(store.reader, row.task, row.message)).length > 0
      if (!isDue && !isTold) return
      const heartbeat = { task: row.task, fence, messages_after: row.message }
      const { messages } = await context.call<{ messages: Message[] }>('task_heartbeat', heartbeat)
      beatAt = clock.now()
      await passOn(context, row, messages, signal)
    })
    if (lost.signal.aborted) return
    const goesOn = changes.next(Math.max(100, leaseMs / 4), signal).then(
      () => true,
      () => false,
    )
    if (!(await goesOn)) return
  }
}

/** Passes messages on in order; one that the peer cannot take now is tried again with the next heartbeat. */
async function passOn(
  { callPeer, store, log }: ControllerContext,
  row: RemoteTask,
  messages: Message[],
  signal: AbortSignal,
): Promise<void> {
  if (row.remote_task === null) return
  for (const { seq, author, body } of messages) {
    try {
      const said = { task: row.remote_task, body: `${author}: ${body}`.slice(0, 20_000) }
      await callPeer(row.peer, 'task_message', said, signal)
    } catch (error) {
      if (error instanceof AccessRefused) return
      if (error instanceof HubError && error.code === 'unavailable') return
      log.warn({ error, task: row.task, peer: row.peer }, 'a message could not be passed on')
    }
    row.message = seq
    await saveRemoteTask(store, row)
  }
}
