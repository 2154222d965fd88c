import type { Pod } from '../../schemas/cluster.ts'
import { pause } from '../../servers/kit/clock.ts'
import { longestSilentSince } from '../../servers/orchestration/store/agents.ts'
import { nextLeaseExpiry, readLease } from '../../servers/orchestration/store/attempts.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { follow } from './follow.ts'
import { livePods } from './pods.ts'

const silentMs = 180_000
const retireMs = 60_000

/** How a pod ended, as endPod announces it; `evicted` is why it was moved away, where it was. */
type PodEnd = Partial<Pick<Pod, 'reason' | 'exitCode' | 'evicted' | 'limit'>>

/**
 * Takes work back from agents that are gone: at once when their pod ended, else when their lease
 * runs out. Canceled tasks have their pods stopped.
 */
export async function lease(context: ControllerContext): Promise<void> {
  await Promise.all([sweep(context), retire(context), onEvents(context)])
}

/**
 * Sleeps until the first lease could run out. A lease that is granted or extended meanwhile lasts a
 * whole lease from then, so it cannot run out before this looks again.
 */
async function sweep(context: ControllerContext): Promise<void> {
  const { store, clock, config, signal, call } = context
  while (!signal.aborted) {
    const { leaseMs } = config()
    let sleepMs = Math.min(1000, leaseMs)
    await guarded(context, 'lease', async () => {
      const expiresAt = (await nextLeaseExpiry(store.reader)) ?? Infinity
      const isExpired = expiresAt <= clock.now()
      if (isExpired) await call('task_reap', {})
      sleepMs = isExpired ? 20 : Math.min(leaseMs, expiresAt - clock.now())
    })
    await pause(clock, sleepMs, signal)
  }
}

async function retire(context: ControllerContext): Promise<void> {
  const { store, clock, signal, call } = context
  while (!signal.aborted) {
    await pause(clock, retireMs, signal)
    if (signal.aborted) return
    await guarded(context, 'lease', async () => {
      const since = (await longestSilentSince(store.reader)) ?? Infinity
      if (since < clock.now() - silentMs) await call('agent_retire', { silent_ms: silentMs })
    })
  }
}

function onEvents(context: ControllerContext): Promise<void> {
  const { call, store } = context
  return follow(context, 'lease', async (event) => {
    if (event.kind === 'pod.exited') {
      const { reason: why, exitCode, evicted, limit } = event.data as PodEnd
      const reason = `the pod ended: ${why || `exit code ${exitCode ?? 'unknown'}`}`
      // The pod's agent may have been replaced on the task meanwhile; only its own lease is lost.
      const holder = event.task && (await readLease(store.reader, event.task))?.agent
      // One that was told to go has handed its lease back itself; that it was moved is recorded all the same.
      const isMoved = evicted !== undefined && event.task !== undefined
      if (isMoved || holder === `agent-${event.subject}`)
        await call('task_reap', {
          task: event.task,
          pod: event.subject,
          ...(isMoved
            ? { reason: evicted, evicted: true }
            : { reason, over_limit: limit !== undefined }),
        })
      await call('agent_retire', { pod: event.subject })
    }
    if (event.kind === 'pod.waiting' && event.task) {
      const { reason } = event.data as { reason: string } // By markWaiting.
      await call('task_hold', {
        task: event.task,
        reason: `its pod waits: ${reason}`.slice(0, 2000),
      })
    }
    // Nobody holds the task now, so whatever still runs for it works for nothing.
    if (event.kind === 'task.canceled' || event.kind === 'task.queued') {
      const reason = event.kind === 'task.queued' ? 'its lease was lost' : 'the task was canceled'
      for (const { id: pod, state, createdAt } of await livePods(context, event.subject)) {
        // One that is suspended does nothing: it claims the task anew once it is resumed.
        if (state === 'suspended' && event.kind === 'task.queued') {
          const hint = 'pod_resume has it go on; after pod_delete another takes its place'
          await call('task_hold', {
            task: event.subject,
            reason: `its pod ${pod} is suspended: ${hint}`,
          })
        } else if (createdAt < event.at) await call('pod_delete', { pod, grace_ms: 1000, reason })
      }
    }
  })
}
