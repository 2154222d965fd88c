import { spillsToPeers } from '../../schemas/org-config.ts'
import { quotaOf } from '../../servers/cluster/quota-rules.ts'
import { countLive, withLivePods } from '../../servers/cluster/store/live-counts.ts'
import { listSetQuotas } from '../../servers/cluster/store/quotas.ts'
import { needsOf } from '../../servers/kit/needs.ts'
import {
  listDueLanes,
  listQueued,
  listQueuedOrgs,
} from '../../servers/orchestration/store/queue.ts'
import type { TaskRow } from '../../servers/orchestration/store/task-row.ts'
import { readTask } from '../../servers/orchestration/store/tasks.ts'
import type { ControllerContext } from './context.ts'
import type { Served } from './fairness.ts'
import { divideRoom } from './fairness.ts'
import type { Holds } from './holds.ts'
import type { Nominees } from './nominees.ts'

/** How many tasks are looked at in a round for which no pod is started here: each may ask a peer. */
const elsewhereLimit = 8

/** The tasks to look at now. */
export type NextTasks = {
  /** Those that there is room for here, in the order in which orgs get it. */
  here: TaskRow[]
  /** Those that name an agent or a hub. */
  named: TaskRow[]
  /** Those that have to wait for room here, and that a peer could have. */
  beyond: TaskRow[]
}

export async function nextTasks(
  context: ControllerContext,
  { holds, served, nominees }: { holds: Holds; served: Served; nominees: Nominees },
): Promise<NextTasks> {
  const { store, clock, config, clusters } = context
  const { maxPods, file } = config()
  const now = clock.now()
  const queued = await listQueuedOrgs(store.reader)
  if (queued.length === 0) {
    served.advance(now, [])
    return { here: [], named: [], beyond: [] }
  }
  const live = await countLive(store.reader)
  holds.sawPods(live.all)
  const first = await nominated(context, nominees)
  const without = [...first.map(({ id }) => id), ...holds.heldTasks(now)]
  const on = (cluster: string) => live.byCluster.get(cluster) ?? 0
  const free = clusters
    .list()
    .filter(({ runsAgents }) => runsAgents)
    .reduce((sum, { id, podLimit = maxPods }) => sum + Math.max(0, podLimit - on(id)), 0)
  const set = await listSetQuotas(store.reader)
  const most = (org: string) =>
    quotaOf(
      file,
      org,
      set.find((one) => one.org === org),
    ).pods ?? Infinity
  const hasPeers = (await context.carriers.peerNames()).length > 0
  const spills = (org: string) => hasPeers && spillsToPeers(file, org)
  const podsOf = (org: string) => live.byOrg.get(org) ?? 0
  const weightOf = (org: string) => file.orgs[org]?.weight ?? 1
  const orgs = [...new Set([...queued, ...live.byOrg.keys()])]
  served.advance(
    now,
    orgs.map((org) => ({ org, weight: weightOf(org), pods: podsOf(org) })),
  )
  const queues = await Promise.all(
    queued.map(async (org) => {
      const lanes = (await listDueLanes(store.reader, org, now)).filter(
        (lane) => !holds.isLaneHeld(org, lane),
      )
      const limit = Math.min(free, most(org) - podsOf(org))
      const ask = { org, without, now }
      return {
        org,
        limit: Math.max(0, limit),
        // A few more than fit, which peers may have room for.
        here: await listQueued(store.reader, {
          ...ask,
          lanes: lanes.filter((lane) => !isForOthers(lane)),
          limit: Math.max(0, limit) + (spills(org) ? elsewhereLimit : 0),
        }),
        named: await listQueued(store.reader, {
          ...ask,
          lanes: lanes.filter(isForOthers),
          limit: elsewhereLimit,
        }),
      }
    }),
  )
  const turns = divideRoom(
    Math.max(0, free - first.length),
    queues.map(({ org, limit, here }) => ({
      org,
      weight: weightOf(org),
      served: served.of(org),
      wants: Math.min(limit, here.length),
    })),
  )
  // Each turn is one that is wanted.
  const rest = turns.map((org) => queues.find((queue) => queue.org === org)!.here.shift()!)
  // The room that was made is theirs; what is less urgent waits until they have it.
  const here = [...first, ...rest.filter((task) => !nominees.yields(task, now))]
  const beyond = queues.flatMap(({ org, here: left }) =>
    spills(org) ? left.filter(({ repo }) => repo === null) : [],
  )
  return {
    here,
    named: queues.flatMap(({ named }) => named),
    beyond: beyond.slice(0, elsewhereLimit),
  }
}

/** The tasks that others make room for; one that has its pod, or is no longer queued, needs it no more. */
async function nominated(
  { store, clock }: ControllerContext,
  nominees: Nominees,
): Promise<TaskRow[]> {
  const rows: TaskRow[] = []
  const waiting = nominees.waiting(clock.now())
  const started = await withLivePods(store.reader, waiting)
  for (const id of waiting) {
    const row = await readTask(store.reader, id)
    if (row?.state === 'queued' && !started.has(id)) rows.push(row)
    else nominees.settle(id)
  }
  return rows
}

/** Whether a lane names an agent or a hub, so that no pod here is started for it. */
function isForOthers(lane: string): boolean {
  const { agent, hub } = needsOf(lane)
  return agent !== undefined || hub !== undefined
}
