import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { follow, pause } from './follow.ts'

/**
 * Takes work back from agents that are gone: at once when their pod ended, else when their lease
 * runs out. Canceled tasks have their pods stopped.
 */
export async function lease(context: ControllerContext): Promise<void> {
  await Promise.all([sweep(context), onEvents(context)])
}

async function sweep({ hub, signal, call }: ControllerContext): Promise<void> {
  const everyMs = Math.min(1000, hub.config().leaseMs / 4)
  let rounds = 0
  while (!signal.aborted) {
    await pause(everyMs, signal)
    if (signal.aborted) return
    await guarded(hub, 'lease', async () => {
      const expired = hub.store.get(
        'SELECT 1 AS found FROM attempts WHERE ended_at IS NULL AND lease_expires_at <= :now',
        { now: hub.now() },
      )
      if (expired) await call('task_reap', {})
    })
    if (rounds++ % 60 === 59) await guarded(hub, 'lease', () => call('agent_retire', {}))
  }
}

function onEvents(context: ControllerContext): Promise<void> {
  const { call, hub } = context
  return follow(context, 'lease', async (event) => {
    if (event.kind === 'pod.exited') {
      const { reason: why, exitCode } = event.data as { reason?: string; exitCode?: number | null } // By endPod.
      const reason = `the pod ended: ${why || `exit code ${exitCode ?? 'unknown'}`}`
      // The pod's agent may have been replaced on the task meanwhile; only its own lease is lost.
      const holder = event.task && leaseHolder(hub, event.task)
      if (holder === `agent-${event.subject}`) {
        await call('task_reap', { task: event.task, pod: event.subject, reason })
      }
      await call('agent_retire', { pod: event.subject })
    }
    // Nobody holds the task now, so whatever still runs for it works for nothing.
    if (event.kind === 'task.canceled' || event.kind === 'task.queued') {
      const reason = event.kind === 'task.queued' ? 'its lease was lost' : 'the task was canceled'
      for (const pod of podsBefore(hub, event.subject, event.at)) {
        await call('pod_delete', { pod, grace_ms: 1000, reason })
      }
    }
  })
}

const leaseHolder = (hub: ControllerContext['hub'], task: string): string | undefined =>
  hub.store.get<{ agent: string }>(
    'SELECT agent FROM attempts WHERE task = :task AND ended_at IS NULL',
    { task },
  )?.agent

const podsBefore = (hub: ControllerContext['hub'], task: string, at: number): string[] =>
  hub.store
    .all<{ id: string }>(
      'SELECT id FROM pods WHERE task = :task AND ended_at IS NULL AND created_at < :at',
      { task, at },
    )
    .map(({ id }) => id)
