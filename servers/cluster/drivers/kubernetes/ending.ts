import type { Clock } from '../../../kit/clock.ts'
import { pause } from '../../../kit/clock.ts'
import { keptBytes } from './kept-output.ts'
import type { Handle, LivePod } from './live-pod.ts'
import type { LivePods } from './live-pods.ts'
import { readTail } from './logs.ts'
import { podPath } from './pod-api.ts'
import type { Transport } from './transport.ts'

const stopMs = 15_000

/** What ending a pod takes of its driver. */
type At = { transport: Transport; pods: LivePods; clock: Clock; closing: AbortSignal }

/** Has the cluster end a pod in the way of `ask`, and waits until it has. Refused, it goes on as it was. */
export async function endLive(
  live: LivePod,
  how: {
    ask(transport: Transport, handle: Handle, graceSeconds: number): Promise<boolean>
    graceMs: number
    reason: string
  },
  { transport, pods, clock, closing }: At,
): Promise<void> {
  const { ask, graceMs, reason } = how
  const waitMs = graceMs + stopMs
  const before = { reason: live.reason, lastWords: live.lastWords }
  live.reason ||= reason
  // The cluster forgets what a pod wrote together with the pod, so it is listened to until then.
  if (live.isRunning) live.lastWords ??= listen(live, { transport, closing, waitMs })
  // Zero would forget the pod while it may still run.
  const graceSeconds = Math.max(1, Math.ceil(graceMs / 1000))
  try {
    if (!(await ask(transport, live.handle, graceSeconds))) pods.gone(live)
  } catch (error) {
    Object.assign(live, before)
    throw error
  }
  await pause(clock, waitMs, AbortSignal.any([closing, live.over.signal]))
}

function listen(
  { handle }: LivePod,
  { transport, closing, waitMs }: { transport: Transport; closing: AbortSignal; waitMs: number },
): Promise<Buffer> {
  const signal = AbortSignal.any([closing, AbortSignal.timeout(waitMs)])
  const source = { transport, path: `${podPath(handle)}/log` }
  return readTail(source, keptBytes, signal, true).catch(() => Buffer.alloc(0)) // It wrote nothing that could be had.
}
