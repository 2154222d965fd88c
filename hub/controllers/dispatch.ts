import type { Agent } from '../../schemas/agent.ts'
import type { ConfigFile } from '../../schemas/config.ts'
import { HubError } from '../../schemas/errors.ts'
import type { Pod } from '../../schemas/cluster.ts'
import type { Isolation, Resources } from '../../schemas/task.ts'
import type { ControllerContext } from './context.ts'
import { guarded } from './context.ts'
import { pause } from './follow.ts'

type Waiting = {
  id: string
  org: string
  resources: string
  isolation: Isolation | null
  timeout_ms: number
}
/** `refusedUnder` is the configuration that a refusal was made under; another may allow it. */
type Trouble = { count: number; until: number; refusedUnder?: ConfigFile }

const idleAgentMs = 1500
const maxStartFailures = 4
/** A refusal is on record each time, and what it depends on changes with the configuration or a restart. */
const refusedMs = 3_600_000
const configLookMs = 2000

/**
 * Starts an agent for each queued task. It looks at the state, not at single events: whatever was
 * missed in a crash is found in the next round. A task that an idle long-lived agent is about to
 * claim is left to it for a moment.
 */
export async function dispatch(context: ControllerContext): Promise<void> {
  const { hub, signal } = context
  const troubles = new Map<string, Trouble>()
  while (!signal.aborted) {
    const woken = hub.store.topics.wait(['events'], 30_000, signal).catch(() => false) // Canceled: the loop ends.
    let waitMs = Infinity
    await guarded(hub, 'dispatch', async () => {
      waitMs = await round(context, troubles)
    })
    await Promise.race([
      woken,
      ...(waitMs === Infinity ? [] : [pause(Math.max(20, waitMs), signal)]),
    ])
  }
}

/** Starts what can be started and returns how long until something could change by itself. */
async function round(
  { hub, call }: ControllerContext,
  troubles: Map<string, Trouble>,
): Promise<number> {
  const now = hub.now()
  const { file } = hub.config()
  for (const [id, { refusedUnder }] of troubles)
    if (refusedUnder && refusedUnder !== file) troubles.delete(id)
  const held = [...troubles].filter(([, trouble]) => trouble.until > now)
  const queued = startable(
    hub,
    held.map(([id]) => id),
  )
  let waitMs = Math.min(
    nextDueAt(hub, now) - now,
    ...held.map(([, trouble]) => (trouble.refusedUnder ? configLookMs : trouble.until - now)),
  )
  const idle = new Map<string, number>()
  for (const task of queued) {
    const trouble = troubles.get(task.id)
    if (!trouble && (await takenByIdleAgent(call, task, idle))) {
      troubles.set(task.id, { count: 0, until: hub.now() + idleAgentMs })
      waitMs = Math.min(waitMs, idleAgentMs)
      continue
    }
    const failed = countFailedPods(hub, task.id)
    if (failed >= maxStartFailures) {
      troubles.delete(task.id)
      await call('task_settle', {
        task: task.id,
        event: 'unstartable',
        message: await lastWords(call, task.id),
      })
      continue
    }
    try {
      await call<Pod>('pod_run', {
        task: task.id,
        org: task.org,
        resources: JSON.parse(task.resources) as Resources,
        timeout_ms: task.timeout_ms,
        ...(task.isolation === null ? {} : { isolation: task.isolation }),
      })
      troubles.set(task.id, { count: failed, until: hub.now() + 250 * 2 ** failed })
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      if (error.code === 'denied') {
        const { message, hint } = error
        await call('task_hold', {
          task: task.id,
          reason: [message, hint].filter(Boolean).join('. '),
        })
        const refusedUnder = hub.config().file
        troubles.set(task.id, { count: failed, until: hub.now() + refusedMs, refusedUnder })
        waitMs = Math.min(waitMs, configLookMs)
        continue
      }
      // No room now is no failure: the next exit of a pod, or a moment, brings the next try.
      troubles.set(task.id, { count: failed, until: hub.now() + 2000 })
      waitMs = Math.min(waitMs, 2000)
    }
  }
  // What was held long ago has been started, canceled, or taken by another agent.
  for (const [id, { until }] of troubles) if (until < hub.now() - 60_000) troubles.delete(id)
  return waitMs
}

/** The next due tasks of each org, no more than it and this machine have room for. */
function startable({ store, config, now }: ControllerContext['hub'], held: string[]): Waiting[] {
  const { maxPods, file } = config()
  const live = store.all<{ org: string; count: number }>(
    'SELECT org, count(*) AS count FROM pods WHERE ended_at IS NULL GROUP BY org',
  )
  const free = maxPods - live.reduce((sum, { count }) => sum + count, 0)
  return queuedOrgs(store).flatMap((org) => {
    const used = live.find((row) => row.org === org)?.count ?? 0
    const room = Math.min(free, (file.orgs[org]?.maxPods ?? maxPods) - used)
    if (room <= 0) return []
    return store.all<Waiting>(
      `SELECT id, org, resources, isolation, timeout_ms FROM tasks
       WHERE state = 'queued' AND org = :org AND not_before_at <= :now
         AND id NOT IN (SELECT task FROM pods WHERE ended_at IS NULL AND task IS NOT NULL)
         AND id NOT IN (SELECT value FROM json_each(:held))
       ORDER BY priority DESC, submitted_at, id LIMIT :room`,
      { org, room, now: now(), held: JSON.stringify(held) },
    )
  })
}

/** Orgs that have something queued, by jumps over the queue index: a full scan would grow with it. */
const queuedOrgs = (store: ControllerContext['hub']['store']): string[] =>
  store
    .all<{ org: string }>(
      `WITH RECURSIVE orgs (org) AS (
         SELECT min(org) FROM tasks WHERE state = 'queued'
         UNION ALL
         SELECT (SELECT min(org) FROM tasks WHERE state = 'queued' AND org > orgs.org)
         FROM orgs WHERE orgs.org IS NOT NULL
       ) SELECT org FROM orgs WHERE org IS NOT NULL`,
    )
    .map(({ org }) => org)

const nextDueAt = ({ store }: ControllerContext['hub'], now: number): number =>
  store.get<{ at: number | null }>(
    `SELECT min(not_before_at) AS at FROM tasks
     WHERE state = 'queued' AND not_before_at > 0 AND not_before_at > :now`,
    { now },
  )?.at ?? Infinity

type Call = ControllerContext['call']

async function takenByIdleAgent(
  call: Call,
  task: Waiting,
  idle: Map<string, number>,
): Promise<boolean> {
  if (!idle.has(task.org)) {
    const { items } = await call<{ items: Agent[] }>('agent_list', {
      org: task.org,
      state: 'idle',
      limit: 200,
    })
    idle.set(task.org, items.filter((agent) => agent.kind === 'long-lived').length)
  }
  const left = idle.get(task.org) ?? 0
  idle.set(task.org, left - 1)
  return left > 0
}

/** Pods that ended for this task since it was queued without ever claiming it. */
const countFailedPods = (hub: ControllerContext['hub'], task: string): number =>
  hub.store.get<{ count: number }>(
    `SELECT count(*) AS count FROM pods JOIN tasks ON tasks.id = pods.task
     WHERE pods.task = :task AND pods.ended_at IS NOT NULL AND pods.created_at >= tasks.updated_at`,
    { task },
  )?.count ?? 0

async function lastWords(call: Call, task: string): Promise<string> {
  const { items } = await call<{ items: Pod[] }>('pod_list', { task, ended: true, limit: 1 })
  const pod = items[0]
  if (!pod) return 'no pod could be started'
  const { data } = await call<{ data: string }>('pod_log', { pod: pod.id, max_bytes: 2000 })
  return `the agent did not start (exit code ${pod.exitCode ?? 'unknown'}${pod.reason ? `, ${pod.reason}` : ''}): ${data.trim()}`
}
