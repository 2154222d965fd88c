import type { HubClient } from '../../agent/hub-client.ts'
import type { Granted } from '../../agent/lease.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Task } from '../../schemas/task.ts'
import type { History } from './history.ts'

export type Stage = {
  client: HubClient
  history: History
  random(): number
  /** Set when no more work is submitted; workers go on until the queue is empty. */
  winding: boolean
  stopped: boolean
}

const now = () => performance.timeOrigin + performance.now()
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Keeps submitting; an unknown outcome is settled by sending the same key again. */
export async function submitter(
  stage: Stage,
  name: string,
  request: () => Record<string, unknown>,
): Promise<void> {
  for (let number = 1; !stage.winding; number++) {
    const key = `${name}-${number}`
    const body = { ...request(), idempotency_key: key }
    const sentAt = now()
    const task = await insist(stage, () =>
      stage.client.call<Task>('task_submit', body, { timeoutMs: 5000 }),
    )
    stage.history.add({ kind: 'submit', task: task.id, key, sentAt, ackedAt: now() })
    await pause(20 + stage.random() * 60)
  }
}

/** A worker like a careless agent: it works under a lease, and at times sleeps through it. */
export async function worker(stage: Stage, agent: string, leaseMs: number): Promise<void> {
  while (!stage.stopped) {
    const sentAt = now()
    const claim = { agent, org: 'load', wait_ms: 300 }
    const { lease } = await insist(stage, () =>
      stage.client.call<{ lease?: Granted }>('task_claim', claim, { timeoutMs: 5000 }),
    )
    if (!lease) continue
    stage.history.add({
      kind: 'claim',
      task: lease.task.id,
      fence: lease.fence,
      agent,
      sentAt,
      ackedAt: now(),
    })
    await carryOut(stage, lease, leaseMs).catch((error: unknown) => {
      // Another agent has the task by now, or this credential died with its lease: both are right.
      const overtaken =
        error instanceof HubError && ['conflict', 'unauthenticated', 'denied'].includes(error.code)
      if (!overtaken) throw error
    })
  }
}

async function carryOut(stage: Stage, lease: Granted, leaseMs: number): Promise<void> {
  const { id } = lease.task
  const { fence } = lease
  const agent = stage.client.withToken(lease.token)
  const call = <T>(tool: string, args: Record<string, unknown>) =>
    insist(stage, () => agent.call<T>(tool, { task: id, fence, ...args }, { timeoutMs: 5000 }))
  let sentAt = now()
  await call('task_heartbeat', {})
  stage.history.add({ kind: 'heartbeat', task: id, fence, sentAt, ackedAt: now() })
  const sleepsAt = stage.random() < 0.03 ? Math.floor(stage.random() * 5) : -1
  for (let index = lease.logPosition; index < lease.logPosition + 5; index++) {
    if (index - lease.logPosition === sleepsAt) await pause(leaseMs * 1.5)
    const text = `${id}/${fence}/${index};`
    sentAt = now()
    await call('task_log_append', {
      position: index,
      chunks: [{ stream: 'out', at: Math.round(sentAt), data: text }],
    })
    stage.history.add({ kind: 'append', task: id, fence, text, sentAt, ackedAt: now() })
  }
  const fails = stage.random() < 0.1
  const ending = fails
    ? {
        outcome: 'failed',
        failure: { code: 'chance', message: 'it failed by chance' },
        retryable: true,
      }
    : { outcome: 'succeeded', result: { summary: 'done' } }
  sentAt = now()
  const task = await call<Task>('task_report', ending)
  stage.history.add({
    kind: 'report',
    task: id,
    fence,
    outcome: ending.outcome,
    sentAt,
    ackedAt: now(),
  })
  if (['succeeded', 'failed'].includes(task.state))
    stage.history.add({ kind: 'terminal', task: id, state: task.state, ackedAt: now() })
}

/** Repeats a call whose outcome is unknown until there is an answer. */
async function insist<T>(stage: Stage, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const unknown =
        !(error instanceof HubError) || ['unavailable', 'internal', 'canceled'].includes(error.code)
      if (!unknown || stage.stopped) throw error
      await pause(20)
    }
  }
}
