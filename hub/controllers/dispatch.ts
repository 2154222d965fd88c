import type { Agent } from '../../schemas/agent.ts'
import type { ConfigFile } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Pod } from '../../schemas/cluster.ts'
import { isExternal } from '../../servers/kit/runners.ts'
import { toTask } from '../../servers/orchestration/store/task-row.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import {
  listQueuedOrgs,
  listQueuedTasks,
  nextDueAt,
} from '../../servers/orchestration/store/tasks.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { livePods } from './pods.ts'

/** Why a queued task is not looked at for a moment, and the pods started for it since it was queued. */
type Hold = {
  queuedAt: number
  starts: number
  until: number
  /** The configuration that a refusal was made under; another may allow it. */
  refusedUnder?: ConfigFile
}

const idleAgentMs = 1500
const noRoomMs = 2000
const maxStarts = 4
/** A refusal is on record each time, and what it depends on changes with the configuration or a restart. */
const refusedMs = 3_600_000
const configLookMs = 2000
// Longer than an agent takes to fail at its start.
const forgetMs = 600_000

/**
 * Starts an agent for each queued task. It looks at the state, not at single events: whatever was
 * missed in a crash is found in the next round. A task that an idle long-lived agent is about to
 * claim is left to it for a moment.
 */
export async function dispatch(context: ControllerContext): Promise<void> {
  const { store, signal } = context
  const holds = new Map<string, Hold>()
  using events = store.topics.listen(['events'])
  while (!signal.aborted) {
    let waitMs = noRoomMs
    await guarded(context, 'dispatch', async () => {
      waitMs = await round(context, holds)
    })
    // A wait is rejected when the controllers stop or the hub closes, and then the loop ends.
    const goesOn = events.next(Math.max(20, waitMs), signal).then(
      () => true,
      () => false,
    )
    if (!(await goesOn)) return
  }
}

/** Starts what can be started and returns how long until something could change by itself. */
async function round(context: ControllerContext, holds: Map<string, Hold>): Promise<number> {
  const { store, clock, call } = context
  const now = clock.now()
  const { file } = context.config()
  for (const [id, { refusedUnder }] of holds)
    if (refusedUnder && refusedUnder !== file) holds.delete(id)
  const held = [...holds].filter(([, { until }]) => until > now)
  const tasks = await startable(
    context,
    held.map(([id]) => id),
  )
  const dueAt = (await nextDueAt(store.reader, now)) ?? Infinity
  let waitMs = Math.min(
    30_000,
    dueAt - now,
    ...held.map(([, { until, refusedUnder }]) => (refusedUnder ? configLookMs : until - now)),
  )
  const idle = new Map<string, number>()
  for (const task of tasks) {
    const { id, updated_at: queuedAt } = task
    const earlier = holds.get(id)
    const starts = earlier?.queuedAt === queuedAt ? earlier.starts : 0
    const hold = (ms: number, started = starts) => {
      holds.set(id, { queuedAt, starts: started, until: clock.now() + ms })
      waitMs = Math.min(waitMs, ms)
    }
    if (!earlier && (await takesIdleAgent(call, task, idle))) hold(idleAgentMs)
    else if (starts >= maxStarts) {
      // No pod of it lives and nobody claimed it, so every one that was started has failed.
      holds.delete(id)
      const message = await lastWords(call, id)
      await call('task_settle', { task: id, event: 'unstartable', message })
    } else {
      // No room now is no failure: the next exit of a pod, or a moment, brings the next try.
      const { isStarted, refusal } = await startPod(call, task)
      if (refusal === undefined)
        hold(isStarted ? 250 * 2 ** starts : noRoomMs, isStarted ? starts + 1 : starts)
      else {
        await call('task_hold', { task: id, reason: refusal })
        holds.set(id, { queuedAt, starts, until: clock.now() + refusedMs, refusedUnder: file })
      }
    }
  }
  // What was held long ago has been started, canceled, or taken by another agent.
  for (const [id, { until }] of holds) if (until < clock.now() - forgetMs) holds.delete(id)
  return waitMs
}

/** The next due tasks of each org, no more than it and this machine have room for. */
async function startable(context: ControllerContext, held: string[]): Promise<TaskRow[]> {
  const { store, clock, config } = context
  const { maxPods, file } = config()
  const orgs = await listQueuedOrgs(store.reader)
  if (orgs.length === 0) return []
  const live = await livePods(context)
  const free = maxPods - live.length
  const without = [...held, ...live.flatMap(({ task }) => (task === undefined ? [] : [task]))]
  const queues = orgs.map(async (org) => {
    const used = live.filter((pod) => pod.org === org).length
    const limit = Math.min(free, (file.orgs[org]?.maxPods ?? maxPods) - used)
    if (limit <= 0) return []
    return await listQueuedTasks(store.reader, { org, without, limit, now: clock.now() })
  })
  return (await Promise.all(queues)).flat()
}

type Call = ControllerContext['call']

/** Starts the agent of a task. Where that is refused it says why; no room now is no refusal. */
async function startPod(
  call: Call,
  row: TaskRow,
): Promise<{ isStarted: boolean; refusal?: string }> {
  const { id: task, org, resources, isolation, timeoutMs: timeout_ms, requirements } = toTask(row)
  const { runner } = requirements
  try {
    const least = isolation === undefined ? {} : { isolation }
    const external = isExternal(runner) ? { runner } : {}
    await call<Pod>('pod_run', { task, org, resources, timeout_ms, ...least, ...external })
    return { isStarted: true }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    if (error.code !== 'denied') return { isStarted: false }
    return { isStarted: false, refusal: [error.message, error.hint].filter(Boolean).join('. ') }
  }
}

/** Whether an idle long-lived agent of the org is left for the task; counts it as taken. */
async function takesIdleAgent(
  call: Call,
  { org }: TaskRow,
  idle: Map<string, number>,
): Promise<boolean> {
  if (!idle.has(org)) {
    const asked = { org, state: 'idle', limit: 200 }
    const { items } = await call<{ items: Agent[] }>('agent_list', asked)
    idle.set(org, items.filter(({ kind }) => kind === 'long-lived').length)
  }
  const left = idle.get(org) ?? 0
  idle.set(org, left - 1)
  return left > 0
}

async function lastWords(call: Call, task: string): Promise<string> {
  const { items } = await call<{ items: Pod[] }>('pod_list', { task, ended: true, limit: 1 })
  const pod = items[0]
  if (!pod) return 'no pod could be started'
  const { data } = await call<{ data: string }>('pod_log', { pod: pod.id, max_bytes: 2000 })
  return `the agent did not start (exit code ${pod.exitCode ?? 'unknown'}${pod.reason ? `, ${pod.reason}` : ''}): ${data.trim()}`
}
